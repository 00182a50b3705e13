//! Where traces go. The names are OpenTelemetry's own.

use clap::Args;
use engine_interfaces::{BoxError, Secret};
use percent_encoding::percent_decode_str;
use traces::{StartError, TraceExporter, TraceSettings as ExporterSettings};

use super::{SecretText, at_least_one, size};

/// Where traces go.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Traces")]
pub struct TraceSettings {
    /// Where OTLP over HTTP is taken: `/v1/traces` is put at its end. Without it there are no traces.
    #[arg(long, env = "OTEL_EXPORTER_OTLP_ENDPOINT", value_name = "URL")]
    pub otel_exporter_otlp_endpoint: Option<String>,

    /// Headers for it, such as a key: `name=value`, separated by commas.
    #[arg(long, env = "OTEL_EXPORTER_OTLP_HEADERS", value_name = "HEADERS", hide_env_values = true)]
    pub otel_exporter_otlp_headers: Option<SecretText>,

    /// How many of the requests that continue no caller's trace begin one: from 0, none, to 1, all.
    #[arg(long, env = "OTEL_TRACES_SAMPLER_ARG", value_name = "RATIO", default_value_t = ExporterSettings::RATIO)]
    pub otel_traces_sampler_arg: f64,

    /// What traces say of this installation: `name=value`, separated by commas.
    #[arg(
        long,
        env = "OTEL_RESOURCE_ATTRIBUTES",
        value_name = "ATTRIBUTES",
        default_value = "deployment.environment.name=production"
    )]
    pub otel_resource_attributes: String,

    /// How many spans wait to be exported; what comes on top is dropped.
    #[arg(long, env = "OTEL_BSP_MAX_QUEUE_SIZE", value_name = "SPANS", default_value_t = 2_048, value_parser = at_least_one())]
    pub otel_bsp_max_queue_size: u64,
}

impl TraceSettings {
    /// What exports the traces of the process `name`, where they are to be.
    ///
    /// # Errors
    /// Names the setting, what is wrong with it, and the cure.
    pub fn exporter(&self, name: &str) -> Result<Option<TraceExporter>, BoxError> {
        let endpoint = self.otel_exporter_otlp_endpoint.as_deref().unwrap_or_default();
        if endpoint.is_empty() {
            return Ok(None);
        }
        let headers = self.otel_exporter_otlp_headers.as_ref().map_or("", SecretText::expose);
        let headers = pairs(headers).ok_or_else(|| because(&StartError::Headers))?;
        let resource = pairs(&self.otel_resource_attributes).ok_or(
            "OTEL_RESOURCE_ATTRIBUTES: not name=value, separated by commas; it looks like \
             deployment.environment.name=production,host.name=chat-1",
        )?;
        let settings = ExporterSettings {
            headers: headers.into_iter().map(|(name, value)| (name, Secret::new(value))).collect(),
            resource,
            ratio: self.otel_traces_sampler_arg,
            queue: size(self.otel_bsp_max_queue_size),
            ..ExporterSettings::new(endpoint.to_owned(), name.to_owned())
        };
        Ok(Some(TraceExporter::start(settings).map_err(|error| because(&error))?))
    }
}

/// None of it is quoted: it may have a key.
fn because(error: &StartError) -> String {
    match error {
        StartError::Headers => format!(
            "OTEL_EXPORTER_OTLP_HEADERS: {error}; name=value, separated by commas, such as x-api-key=KEY"
        ),
        StartError::Ratio => {
            format!("OTEL_TRACES_SAMPLER_ARG: {error}; 0.01 keeps one trace in a hundred, 1 all of them")
        }
        StartError::Url | StartError::Client(_) | StartError::Twice => {
            format!("OTEL_EXPORTER_OTLP_ENDPOINT: {error}; it looks like http://collector:4318")
        }
    }
}

/// `name=value`, separated by commas; values are percent-encoded, as OpenTelemetry has it.
fn pairs(text: &str) -> Option<Vec<(String, String)>> {
    let pairs = text.split(',').map(str::trim).filter(|pair| !pair.is_empty());
    let pairs = pairs.map(|pair| {
        let (name, value) = pair.split_once('=')?;
        let (name, value) = (name.trim(), percent_decode_str(value.trim()).decode_utf8().ok()?);
        (!name.is_empty()).then(|| (name.to_owned(), value.into_owned()))
    });
    pairs.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(endpoint: &str) -> TraceSettings {
        TraceSettings {
            otel_exporter_otlp_endpoint: Some(endpoint.to_owned()),
            otel_exporter_otlp_headers: None,
            otel_traces_sampler_arg: 1.0,
            otel_resource_attributes: "deployment.environment.name=staging, host.name=a=b,".to_owned(),
            otel_bsp_max_queue_size: 1,
        }
    }

    fn refused(settings: &TraceSettings) -> String {
        settings.exporter("api").err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[tokio::test]
    async fn without_an_endpoint_there_are_no_traces() {
        let none = TraceSettings { otel_exporter_otlp_endpoint: None, ..settings("") };
        assert!(none.exporter("api").unwrap().is_none());
        assert!(settings("").exporter("api").unwrap().is_none(), "nor with an empty one");
    }

    #[tokio::test]
    async fn what_is_wrong_is_named_with_its_cure_and_not_quoted() {
        let good = settings("http://127.0.0.1:4318");
        for bad in ["collector", "ftp://collector/"] {
            assert!(refused(&settings(bad)).starts_with("OTEL_EXPORTER_OTLP_ENDPOINT: not an http"));
        }
        for bad in ["planted", "x y=planted", "=planted", "x=planted%0A"] {
            let headers = Some(bad.parse().unwrap());
            let told = refused(&TraceSettings { otel_exporter_otlp_headers: headers, ..good.clone() });
            assert!(told.starts_with("OTEL_EXPORTER_OTLP_HEADERS: ") && !told.contains("planted"), "{told}");
        }
        for ratio in [-0.1, 1.1, f64::NAN] {
            let told = refused(&TraceSettings { otel_traces_sampler_arg: ratio, ..good.clone() });
            assert!(told.starts_with("OTEL_TRACES_SAMPLER_ARG: ") && told.contains("0.01"), "{told}");
        }
        let told = refused(&TraceSettings { otel_resource_attributes: "staging".to_owned(), ..good });
        assert!(told.starts_with("OTEL_RESOURCE_ATTRIBUTES: "), "{told}");
    }

    #[test]
    fn pairs_are_taken_apart() {
        let read = pairs(&settings("").otel_resource_attributes.clone()).map(|pairs| pairs.len());
        assert_eq!(read, Some(2));
        assert_eq!(pairs("a=b%20c=d"), Some(vec![("a".to_owned(), "b c=d".to_owned())]));
        assert_eq!(pairs(""), Some(Vec::new()));
    }
}
