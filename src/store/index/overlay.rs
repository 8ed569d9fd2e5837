//! Changes of one batch on top of the tree: what one record changed, the next one of the same batch sees.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;

use super::{keys, rows, sled_error};
use crate::store::StoreError;

/// Reading, of what is in the tree or of what will be.
pub trait Rows {
    fn get<T: DeserializeOwned>(&self, key: &[u8]) -> Result<Option<T>, StoreError>;

    /// All rows whose keys start with `prefix`, in order.
    fn scan<T: DeserializeOwned>(&self, prefix: &[u8]) -> Result<Vec<(Vec<u8>, T)>, StoreError>;
}

impl Rows for sled::Tree {
    fn get<T: DeserializeOwned>(&self, key: &[u8]) -> Result<Option<T>, StoreError> {
        self.get(key).map_err(sled_error)?.map(|value| rows::decode(&value)).transpose()
    }

    fn scan<T: DeserializeOwned>(&self, prefix: &[u8]) -> Result<Vec<(Vec<u8>, T)>, StoreError> {
        let decoded = |row: sled::Result<(sled::IVec, sled::IVec)>| {
            let (key, value) = row.map_err(sled_error)?;
            Ok((key.to_vec(), rows::decode(&value)?))
        };
        self.scan_prefix(prefix).map(decoded).collect()
    }
}

pub struct Overlay<'a> {
    tree: &'a sled::Tree,
    changes: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
}

impl<'a> Overlay<'a> {
    pub fn new(tree: &'a sled::Tree) -> Overlay<'a> {
        Overlay { tree, changes: BTreeMap::new() }
    }

    /// Rows changed so far.
    pub fn len(&self) -> usize {
        self.changes.len()
    }

    pub fn put(&mut self, key: Vec<u8>, value: Vec<u8>) {
        self.changes.insert(key, Some(value));
    }

    pub fn delete(&mut self, key: Vec<u8>) {
        self.changes.insert(key, None);
    }

    /// All keys that start with `prefix`.
    pub fn keys(&self, prefix: &[u8]) -> Result<Vec<Vec<u8>>, StoreError> {
        let found = self.scan_with(prefix, &|_| Ok(()))?;
        Ok(found.into_iter().map(|(key, ())| key).collect())
    }

    fn scan_with<T>(&self, prefix: &[u8], read: &dyn Fn(&[u8]) -> Result<T, StoreError>) -> Result<Vec<(Vec<u8>, T)>, StoreError> {
        let mut found = BTreeMap::new();
        for row in self.tree.scan_prefix(prefix) {
            let (key, value) = row.map_err(sled_error)?;
            if !self.changes.contains_key(key.as_ref()) {
                found.insert(key.to_vec(), read(&value)?);
            }
        }
        for (key, value) in self.changes.range(prefix.to_vec()..keys::behind(prefix)) {
            if let Some(value) = value {
                found.insert(key.clone(), read(value)?);
            }
        }
        Ok(found.into_iter().collect())
    }

    /// Puts all of it into the tree, at once or not at all.
    pub fn commit(self) -> Result<(), StoreError> {
        let mut batch = sled::Batch::default();
        for (key, value) in self.changes {
            match value {
                Some(value) => batch.insert(key, value),
                None => batch.remove(key),
            }
        }
        self.tree.apply_batch(batch).map_err(sled_error)
    }
}

impl Rows for Overlay<'_> {
    fn get<T: DeserializeOwned>(&self, key: &[u8]) -> Result<Option<T>, StoreError> {
        match self.changes.get(key) {
            Some(None) => Ok(None),
            Some(Some(value)) => rows::decode(value).map(Some),
            None => Rows::get(self.tree, key),
        }
    }

    fn scan<T: DeserializeOwned>(&self, prefix: &[u8]) -> Result<Vec<(Vec<u8>, T)>, StoreError> {
        self.scan_with(prefix, &|value| rows::decode(value))
    }
}
