//! Extended attributes of an inode, whatever their name space; POSIX ACLs are among them as raw bytes.

use crate::handle::Handle;
use lifeboat_format::{Xattr, XattrValue};
use rustix::io::Errno;

/// All attributes that can be read, sorted by name.
pub(crate) fn read(handle: Handle<'_>) -> Result<Vec<Xattr>, Errno> {
    let mut xattrs = Vec::new();
    for name in names(handle)? {
        match handle.read_xattr(&name) {
            Ok(value) => xattrs.push(Xattr { name, value: XattrValue::Inline(value) }),
            // It has vanished since it was listed, or the file system lists what it does not serve.
            Err(Errno::NODATA | Errno::OPNOTSUPP) => {}
            // Listed to everyone, read by the privileged only.
            Err(Errno::PERM | Errno::ACCESS) if is_privileged(&name) => {}
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
