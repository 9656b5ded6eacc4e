-- The table of `arenashim export --format jsonl`; see fleet.md.  Once: clickhouse-client --multiquery <clickhouse.sql
CREATE TABLE allocations (
  host String, program String, pid UInt32, processes UInt32, time DateTime, sample_bytes UInt64,
  memory String, arena Nullable(String), kind String,
  path Array(String), file Nullable(String), line UInt32,
  allocs Int64, frees Int64, bytes Int64, live_objects Int64, live_bytes Int64, live_rounded Int64,
  peak_bytes Int64, at_peak_objects Int64, at_peak_bytes Int64, temporary Int64, smallest UInt64, largest UInt64,
  pinned_bytes Int64, large_allocs Int64, lives Array(UInt64), waste Int64, ranges Int64
) ENGINE = MergeTree() PARTITION BY toYYYYMM(time) ORDER BY (program, host, time);
