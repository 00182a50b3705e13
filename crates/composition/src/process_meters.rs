//! What the system gives the process: memory, CPU time, files. Under the names that every Prometheus client has
//! for them; read from `/proc`, and so on Linux alone.

use metrics::{Counter, Gauge, counter, describe_counter, describe_gauge, gauge};

/// Set whenever somebody asks.
pub(crate) struct ProcessMeters {
    cpu: Counter,
    memory: Gauge,
    threads: Gauge,
    files: Gauge,
    most_files: Gauge,
    started: Gauge,
}

impl ProcessMeters {
    pub(crate) fn new() -> Self {
        describe_counter!("process_cpu_seconds_total", "CPU time of the process, in whole seconds.");
        describe_gauge!("process_resident_memory_bytes", "Memory of the process that is in RAM.");
        describe_gauge!("process_threads", "Threads of the process.");
        describe_gauge!("process_open_fds", "Open files and sockets of the process.");
        describe_gauge!("process_max_fds", "The most open files and sockets that the process may have.");
        describe_gauge!("process_start_time_seconds", "When the process began, since 1970.");
        Self {
            cpu: counter!("process_cpu_seconds_total"),
            memory: gauge!("process_resident_memory_bytes"),
            threads: gauge!("process_threads"),
            files: gauge!("process_open_fds"),
            most_files: gauge!("process_max_fds"),
            started: gauge!("process_start_time_seconds"),
        }
    }

    /// Measures the process as it is now; what the system does not tell stays as it was.
    #[cfg(target_os = "linux")]
    pub(crate) fn measure(&self) {
        use procfs::{
            WithCurrentSystemInfo, boot_time_secs,
            process::{LimitValue, Process},
            ticks_per_second,
        };

        let Ok(process) = Process::myself() else { return };
        let ticks = ticks_per_second().max(1);
        if let Ok(stat) = process.stat() {
            self.cpu.absolute((stat.utime + stat.stime) / ticks);
            self.memory.set(stat.rss_bytes().get() as f64);
            self.threads.set(stat.num_threads as f64);
            if let Ok(boot) = boot_time_secs() {
                self.started.set((boot + stat.starttime / ticks) as f64);
            }
        }
        if let Ok(files) = process.fd_count() {
            self.files.set(files as f64);
        }
        if let Ok(limits) = process.limits()
            && let LimitValue::Value(most) = limits.max_open_files.soft_limit
        {
            self.most_files.set(most as f64);
        }
    }

    /// There is nobody to ask.
    #[cfg(not(target_os = "linux"))]
    pub(crate) fn measure(&self) {}
}
