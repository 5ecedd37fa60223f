//! Objects that are stored in a way of their own: the folders that hold nearly all bytes get the storage class and the
//! tags. The rest is small, often read and rewritten, and stays in the class of the bucket.

use object_store::{Attribute, AttributeValue, PutOptions, TagSet};

use crate::ObjectName;

/// Which objects these are, and how they are put.
#[derive(Default)]
pub(super) struct Bulk {
    folders: Vec<String>,
    options: PutOptions,
}

impl Bulk {
    pub(super) fn new(folders: &[String], storage_class: Option<String>, tags: TagSet) -> Self {
        let mut options = PutOptions { tags, ..PutOptions::default() };
        if let Some(class) = storage_class {
            options.attributes.insert(Attribute::StorageClass, AttributeValue::from(class));
        }
        Self { folders: folders.to_vec(), options }
    }

    /// How to put an object of this name.
    pub(super) fn options(&self, name: &ObjectName) -> PutOptions {
        if self.folders.iter().any(|folder| name.as_str().starts_with(folder)) {
            self.options.clone()
        } else {
            PutOptions::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_objects_of_the_folders_are_put_in_another_way() {
        let bulk = Bulk::new(&["packs/".to_owned()], Some("STANDARD_IA".to_owned()), TagSet::default());
        let class = |name: &str| {
            let options = bulk.options(&ObjectName::new(name).unwrap());
            options.attributes.get(&Attribute::StorageClass).map(|class| class.to_string())
        };
        assert_eq!(class("packs/ab/cd").as_deref(), Some("STANDARD_IA"));
        assert_eq!(class("packs2/ab"), None);
        assert_eq!(class("config"), None);
    }
}
