//! Extended attributes of an inode, whatever their name space; POSIX ACLs are among them as raw bytes.

use crate::handle::Handle;
use lifeboat_format::{Xattr, XattrValue};
use lifeboat_sys::io::Errno;

/// ACLs as XFS stores them, which it lists beside what they are. Elsewhere they would be set and mean nothing.
const RAW_ACLS: [(&[u8], &[u8]); 2] = [
    (b"trusted.SGI_ACL_FILE", b"system.posix_acl_access"),
    (b"trusted.SGI_ACL_DEFAULT", b"system.posix_acl_default"),
];

/// All attributes that can be read, sorted by name.
pub(crate) fn read(handle: Handle<'_>) -> Result<Vec<Xattr>, Errno> {
    let names = names(handle)?;
    let is_there = |wanted: &[u8]| names.iter().any(|name| name == wanted);
    let is_twice = |name: &[u8]| RAW_ACLS.into_iter().any(|(raw, acl)| name == raw && is_there(acl));
    let mut xattrs = Vec::new();
    for name in names.iter().filter(|name| !is_twice(name)) {
        match handle.read_xattr(name) {
            Ok(value) => xattrs.push(Xattr { name: name.clone(), value: XattrValue::Inline(value) }),
            // It has vanished since it was listed, or the file system lists what it does not serve.
            Err(Errno::NODATA | Errno::OPNOTSUPP) => {}
            // Listed to everyone, read by the privileged only.
            Err(Errno::PERM | Errno::ACCESS) if is_privileged(name) => {}
            Err(errno) => return Err(errno),
        }
    }
    Ok(xattrs)
}

/// Names of all attributes, sorted; none where the file system has no attributes.
pub(crate) fn names(handle: Handle<'_>) -> Result<Vec<Vec<u8>>, Errno> {
    let list = match handle.list_xattrs() {
        Err(Errno::OPNOTSUPP) => return Ok(Vec::new()),
        list => list?,
    };
    let mut names: Vec<Vec<u8>> =
        list.split(|&byte| byte == 0).filter(|name| !name.is_empty()).map(<[u8]>::to_vec).collect();
    names.sort_unstable();
    names.dedup();
    Ok(names)
}

/// Whether only the privileged may set the attribute.
pub(crate) fn is_privileged(name: &[u8]) -> bool {
    name.starts_with(b"trusted.") || name.starts_with(b"security.")
}
