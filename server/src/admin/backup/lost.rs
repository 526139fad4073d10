//! Contents that the server does not have as it should.

use shared::ContentHash;

/// A content that is gone may have been removed since the snapshot; it is lost where a new one says the same.
const SNAPSHOTS_MAX: u32 = 3;

pub(super) struct Lost {
    pub(super) content: ContentHash,
    pub(super) is_missing: bool,
    /// For the operator.
    pub(super) why: String,
}

/// Repeats the attempt while other contents are missing each time. What the last one gave, and what it lost.
pub(super) fn until_settled<T, E>(
    mut attempt: impl FnMut() -> Result<(T, Vec<Lost>), E>,
) -> Result<(T, Vec<Lost>), E> {
    let mut missing_before = None;
    for _ in 1..SNAPSHOTS_MAX {
        let (made, lost) = attempt()?;
        let missing = lost.iter().filter(|lost| lost.is_missing);
        let missing: Vec<ContentHash> = missing.map(|lost| lost.content).collect();
        if missing.is_empty() || missing_before.as_ref() == Some(&missing) {
            return Ok((made, lost));
        }
        missing_before = Some(missing);
    }
    attempt()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    /// How many attempts are made where these are missing in each, and how many are missing in the end.
    fn attempts(missing: &[&[u8]]) -> (usize, usize) {
        let mut made = 0;
        let settled = until_settled(|| {
            let lost = missing[made].iter().map(|byte| Lost {
                content: ContentHash::from_bytes([*byte; 32]),
                is_missing: *byte != 0,
                why: String::new(),
            });
            made += 1;
            Ok::<_, Infallible>((made, lost.collect()))
        });
        let (made, lost) = settled.unwrap();
        (made, lost.len())
    }

    #[test]
    fn what_has_vanished_is_looked_up_again_a_few_times() {
        assert_eq!(attempts(&[&[]]), (1, 0));
        // 0 is damaged, which no new snapshot changes.
        assert_eq!(attempts(&[&[0]]), (1, 1));
        assert_eq!(attempts(&[&[1], &[]]), (2, 0));
        assert_eq!(attempts(&[&[1, 2], &[1, 2]]), (2, 2));
        assert_eq!(attempts(&[&[1], &[2], &[3]]), (3, 1));
    }
}
