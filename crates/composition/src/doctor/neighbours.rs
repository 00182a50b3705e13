//! Redis and the mail server.

use std::time::Duration;

use broker::{RedisBroker, RedisFacts, RedisSettings};

use super::{Finding, Patient, version};

/// The oldest Redis that has all that is used of it.
const REDIS: (u32, u32) = (7, 0);

/// How long the mail server may take to let us in.
const MAIL_LIMIT: Duration = Duration::from_secs(10);

pub(super) async fn redis(patient: &Patient<'_>) -> Vec<Finding> {
    let Some(url) = patient.redis_url else {
        return Vec::new();
    };
    let settings = RedisSettings::default();
    if let Err(error) = RedisBroker::check(url.expose(), &settings) {
        return vec![Finding::error(
            "redis",
            format!("REDIS_URL: {error}"),
            "it looks like redis://:password@host:6379/0",
        )];
    }
    match RedisBroker::facts(url.expose(), &settings).await {
        Ok(servers) => servers.iter().flat_map(judge).chain(overheard(url.expose())).collect(),
        Err(error) => {
            let cause = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
            let found = format!("Redis can't be used: {error}: {cause}");
            vec![Finding::error("redis", found, "start it, or correct the host or the password in REDIS_URL")]
        }
    }
}

/// Do others hear what is announced?
fn overheard(url: &str) -> Option<Finding> {
    let machine = RedisBroker::overheard(url)?;
    let found = format!("the connection to {machine} is not encrypted: whoever is between reads messages");
    let cure = "begin REDIS_URL with rediss://, or rediss+cluster://; leave it on a network that only these machines have";
    Some(Finding::warning("redis", found, cure))
}

fn judge(facts: &RedisFacts) -> Vec<Finding> {
    let mut findings = Vec::new();
    if version(&facts.version) < REDIS {
        let found = format!("Redis {} is older than {}.{}", facts.version, REDIS.0, REDIS.1);
        findings.push(Finding::error(
            "redis",
            found,
            format!("upgrade to Redis {}.{} or newer", REDIS.0, REDIS.1),
        ));
    }
    if facts.maxmemory_policy != "noeviction" {
        let found = format!(
            "maxmemory-policy is {}: a full Redis throws leases and streams away without a word",
            facts.maxmemory_policy
        );
        findings.push(Finding::warning(
            "redis",
            found,
            "`CONFIG SET maxmemory-policy noeviction`, and in redis.conf",
        ));
    }
    if findings.is_empty() {
        findings.push(Finding::good("redis", format!("Redis {}, evicts nothing", facts.version)));
    }
    findings
}

pub(super) async fn mail(patient: &Patient<'_>) -> Option<Finding> {
    let mailing = match patient.mail.mailing() {
        Ok(mailing) => mailing?,
        Err(error) => {
            return Some(Finding::error(
                "mail",
                error.to_string(),
                "or unset MAIL_URL: then there is no mail",
            ));
        }
    };
    let server = &mailing.mail.server;
    Some(match mailing.mail.reach(MAIL_LIMIT).await {
        Ok(()) => Finding::good("mail", format!("{server:?} lets us in")),
        Err(error) => Finding::error(
            "mail",
            format!("{server:?}: {error}"),
            "start it, or correct MAIL_URL: host, port, TLS, user or password",
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Level;

    #[test]
    fn a_redis_that_is_old_or_evicts_is_told_of() {
        let facts = |version: &str, policy: &str| RedisFacts {
            version: version.to_owned(),
            maxmemory_policy: policy.to_owned(),
            maxmemory: 0,
        };
        let levels = |facts: RedisFacts| judge(&facts).iter().map(|one| one.level).collect::<Vec<_>>();
        assert_eq!(levels(facts("7.0.15", "noeviction")), [Level::Good]);
        assert_eq!(levels(facts("7.0.15", "allkeys-lru")), [Level::Warning]);
        assert_eq!(levels(facts("6.2.1", "allkeys-lru")), [Level::Error, Level::Warning]);
    }
}
