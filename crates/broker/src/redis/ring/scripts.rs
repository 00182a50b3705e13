//! What Redis does in one step. Sent as text: a server that was emptied or replaced knows them at once.

use redis::{Cmd, cmd};

/// Shows that a worker lives, or that it does not wish to lead, and answers those that live. By the server's
/// own clock.
///
/// Keys: the workers. Arguments: the name, for how many milliseconds it counts as living, 1 or 0.
pub(super) const WORKERS: &str = "\
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if ARGV[3] == '1' then redis.call('ZADD', KEYS[1], now, ARGV[1]) else redis.call('ZREM', KEYS[1], ARGV[1]) end
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[2])
return redis.call('ZRANGE', KEYS[1], 0, -1)";

/// Takes or keeps a lease where it is wanted and no other holds it, gives it back where it is not; answers who
/// holds it.
///
/// Keys: the lease. Arguments: the name, for how many milliseconds, 1 or 0.
pub(super) const LEASE: &str = "\
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return holder end
if ARGV[3] == '1' then redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2]) return ARGV[1] end
if holder then redis.call('DEL', KEYS[1]) end
return false";

/// How many entries follow a position, the id of the first of them, and the server's time in milliseconds.
///
/// Keys: the stream. Arguments: the position.
pub(super) const LAG: &str = "\
local entries = redis.call('XRANGE', KEYS[1], ARGV[1], '+')
local time = redis.call('TIME')
return {#entries, entries[1] and entries[1][1] or '', time[1] * 1000 + math.floor(time[2] / 1000)}";

/// Calls one of them for `key`; its arguments follow.
pub(super) fn script(text: &str, key: &str) -> Cmd {
    cmd("EVAL").arg(text).arg(1).arg(key).take()
}
