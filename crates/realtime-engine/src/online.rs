//! How many are online, and who.

use engine_interfaces::UserId;

/// Those of a group who are online, each once however many sockets they have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Online {
    /// How many.
    pub(crate) count: u32,
    /// Who, in order, while they are few.
    pub(crate) named: Option<Vec<UserId>>,
}

impl Online {
    /// These users; named while there are no more than `limit`.
    pub(crate) fn of(mut users: Vec<UserId>, limit: usize) -> Self {
        users.sort_unstable();
        users.dedup();
        let count = u32::try_from(users.len()).unwrap_or(u32::MAX);
        Self { count, named: (users.len() <= limit).then_some(users) }
    }

    /// Those of several servers. Where one does not name its own, who is at two of them counts twice.
    pub(crate) fn sum<'a>(parts: impl Iterator<Item = &'a Self> + Clone, limit: usize) -> Self {
        let named: Option<Vec<&[UserId]>> = parts.clone().map(|part| part.named.as_deref()).collect();
        match named {
            Some(named) => Self::of(named.concat(), limit),
            None => {
                let count = parts.fold(0, |sum: u32, part| sum.saturating_add(part.count));
                Self { count, named: None }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn users(names: &[&str]) -> Vec<UserId> {
        names.iter().map(|name| UserId::from_name(name)).collect()
    }

    #[test]
    fn everybody_counts_once_and_is_named_while_they_are_few() {
        let few = Online::of(users(&["b", "a", "b"]), 2);
        let mut expected = users(&["a", "b"]);
        expected.sort();
        assert_eq!(few, Online { count: 2, named: Some(expected) });
        assert_eq!(Online::of(users(&["a", "b", "c"]), 2), Online { count: 3, named: None });
    }

    #[test]
    fn servers_sum_to_one_truth_while_they_name_theirs() {
        let parts = [Online::of(users(&["a", "b"]), 2), Online::of(users(&["b"]), 2)];
        let sum = Online::sum(parts.iter(), 2);
        assert_eq!(sum, Online::of(users(&["a", "b"]), 2));
        assert_eq!(Online::sum([].iter(), 2), Online::of(Vec::new(), 2));
        let many = Online::of(users(&["a", "b", "c"]), 2);
        assert_eq!(Online::sum([&parts[0], &many].into_iter(), 2), Online { count: 5, named: None });
    }
}
