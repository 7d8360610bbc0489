//! The user that services run as when we are root.

use super::DevError;
use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Execute (for a folder: enter) permission, of others; shifted left for the group and the owner.
const ENTER: u32 = 0o1;

/// An unprivileged user of this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Account {
    pub(super) uid: u32,
    pub(super) gid: u32,
    name: String,
}

impl Account {
    /// Whom to become: the owner of the data if that is not root, so that a restart finds its files readable, else
    /// `nobody`. `None` when we are not root, and services run as ourselves.
    pub(super) fn for_services(data_dir: Option<&Path>) -> Result<Option<Self>, DevError> {
        if !rustix::process::geteuid().is_root() {
            return Ok(None);
        }
        let users = fs::read_to_string("/etc/passwd").map_err(DevError::file("/etc/passwd"))?;
        let owner =
            data_dir.and_then(|dir| fs::metadata(dir).ok()).map(|meta| meta.uid()).filter(|uid| *uid != 0);
        owner
            .and_then(|owner| Self::parse(&users, |account| account.uid == owner))
            .or_else(|| Self::parse(&users, |account| account.name == "nobody"))
            .map(Some)
            .ok_or(DevError::NoAccount)
    }

    /// The first unprivileged line of `passwd(5)` that is `wanted`.
    fn parse(passwd: &str, wanted: impl Fn(&Self) -> bool) -> Option<Self> {
        passwd.lines().find_map(|line| {
            let mut fields = line.split(':');
            let (name, _password) = (fields.next()?, fields.next()?);
            let account = Self {
                uid: fields.next()?.parse().ok()?,
                gid: fields.next()?.parse().ok()?,
                name: name.to_owned(),
            };
            (account.uid != 0 && account.gid != 0 && wanted(&account)).then_some(account)
        })
    }

    /// Checks that every folder on the way to `path` may be entered; what does not exist yet is not asked about.
    pub(super) fn reach(&self, path: &Path) -> Result<(), DevError> {
        match self.blocked(path) {
            None => Ok(()),
            Some(blocked) => Err(DevError::Unreachable { user: self.name.clone(), blocked }),
        }
    }

    fn blocked(&self, path: &Path) -> Option<PathBuf> {
        let path = std::path::absolute(path).ok()?;
        let existing = path.ancestors().find_map(|ancestor| ancestor.canonicalize().ok())?;
        existing
            .ancestors()
            .filter(|ancestor| fs::metadata(ancestor).is_ok_and(|meta| !self.may_enter(&meta)))
            .last()
            .map(Path::to_owned)
    }

    fn may_enter(&self, meta: &Metadata) -> bool {
        let class = match (meta.uid() == self.uid, meta.gid() == self.gid) {
            (true, _) => 6,
            (false, true) => 3,
            (false, false) => 0,
        };
        meta.mode() & (ENTER << class) != 0
    }

    /// Gives a file or folder to this user.
    pub(super) fn own(&self, path: &Path) -> Result<(), DevError> {
        std::os::unix::fs::chown(path, Some(self.uid), Some(self.gid)).map_err(DevError::file(path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    const PASSWD: &str = "root:x:0:0:root:/root:/bin/bash\nowner:x:7:0::/:/bin/sh\nbroken\n\
                          nobody:x:65534:65533:nobody:/nonexistent:/usr/sbin/nologin\n";

    #[test]
    fn the_account_is_a_line_of_passwd_that_is_not_privileged() {
        let nobody = Account::parse(PASSWD, |account| account.name == "nobody").unwrap();
        assert_eq!((nobody.uid, nobody.gid), (65534, 65533));
        assert_eq!(Account::parse(PASSWD, |account| account.uid == 0), None);
        assert_eq!(Account::parse(PASSWD, |account| account.uid == 7), None, "group root is root enough");
    }

    #[test]
    fn the_outermost_folder_that_shuts_the_account_out_is_named() {
        let stranger = Account { uid: 4_000_000, gid: 4_000_000, name: "stranger".to_owned() };
        let temp = tempfile::tempdir().unwrap();
        let inner = temp.path().join("a/b");
        fs::create_dir_all(&inner).unwrap();
        for (mode, blocked) in [(0o700, true), (0o711, false)] {
            fs::set_permissions(temp.path(), fs::Permissions::from_mode(mode)).unwrap();
            fs::set_permissions(temp.path().join("a"), fs::Permissions::from_mode(mode)).unwrap();
            let expected = blocked.then(|| temp.path().canonicalize().unwrap());
            assert_eq!(stranger.blocked(&inner.join("not/yet")), expected);
        }
    }
}
