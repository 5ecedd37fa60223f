//! A copy of real files is as large as asked for and not much larger.

use lifeboat_testkit::{copy_real_tree, totals};

#[test]
fn both_minima_are_met() {
    let temp = tempfile::tempdir().unwrap();
    let copied = copy_real_tree(temp.path(), 2_000_000, 200);
    assert!(copied.bytes >= 2_000_000 && copied.files >= 200, "{copied:?}");
    let found = totals(temp.path());
    assert_eq!((found.files, found.bytes), (copied.files, copied.bytes));
}
