//! The functions of `wasi:filesystem` that are put in front of WASI's own.

use super::quota::{Growth, Quota, Writer};
use super::{Files, FilesSession};
use crate::{View, view};
use bytes::Bytes;
use std::fs::File;
use std::future::Future;
use std::sync::Arc;
use wasmforge_sandbox::GuestState;
use wasmtime::StoreContextMut;
use wasmtime::component::{Linker, Resource, ResourceTable};
use wasmtime_wasi::filesystem::{Descriptor, WasiFilesystemCtxView, WasiFilesystemView as _};
use wasmtime_wasi::p2::bindings::filesystem::preopens::Host as _;
use wasmtime_wasi::p2::bindings::filesystem::types::{
    DescriptorFlags, ErrorCode, HostDescriptor as _, OpenFlags, PathFlags,
};
use wasmtime_wasi::p2::{
    DynOutputStream, FsError, FsResult, OutputStream, Pollable, StreamError, StreamResult,
};
use wasmtime_wasi::{FsPerms, WasiView as _};

/// The interfaces, in the versions that WASI is linked in.
const PREOPENS: [(&str, bool); 2] =
    [("wasi:filesystem/preopens@0.2.12", true), ("wasi:filesystem/preopens@0.3.0", false)];
const TYPES: &str = "wasi:filesystem/types@0.2.12";

/// What a function of the interface answers.
type Answer<T> = wasmtime::Result<(Result<T, ErrorCode>,)>;
type Call<'a, T> = Box<dyn Future<Output = Answer<T>> + Send + 'a>;
type Store<'a> = StoreContextMut<'a, GuestState>;

pub(super) fn link(linker: &mut Linker<GuestState>) -> wasmtime::Result<()> {
    for (interface, writable) in PREOPENS {
        linker.instance(interface)?.func_wrap("get-directories", move |mut store: Store<'_>, ()| {
            Ok((directories(store.data_mut(), writable)?,))
        })?;
    }
    let mut types = linker.instance(TYPES)?;
    types.func_wrap_async("[method]descriptor.open-at", open_at)?;
    types.func_wrap_async("[method]descriptor.create-directory-at", create_directory_at)?;
    types.func_wrap_async("[method]descriptor.set-size", set_size)?;
    types.func_wrap_async("[method]descriptor.write", write)?;
    types.func_wrap_async("[method]descriptor.link-at", |_, (_, _, _, _, _): LinkAt| refuse())?;
    types.func_wrap_async("[method]descriptor.symlink-at", |_, (_, _, _): SymlinkAt| refuse())?;
    types.func_wrap(
        "[method]descriptor.write-via-stream",
        |mut store: Store<'_>, (file, offset): (Handle, u64)| stream(store.data_mut(), file, Some(offset)),
    )?;
    types.func_wrap("[method]descriptor.append-via-stream", |mut store: Store<'_>, (file,): (Handle,)| {
        stream(store.data_mut(), file, None)
    })
}

type Handle = Resource<Descriptor>;
type OpenAt = (Handle, PathFlags, String, OpenFlags, DescriptorFlags);
type LinkAt = (Handle, PathFlags, String, Handle, String);
type SymlinkAt = (Handle, String, String);

/// A link is not needed for anything here, and makes paths mean something else than they say.
fn refuse<'a>() -> Call<'a, ()> {
    Box::new(std::future::ready(Ok((Err(ErrorCode::NotPermitted),))))
}

/// WASI's own directories, which a function has none of, then ours.
fn directories(state: &mut GuestState, writable: bool) -> wasmtime::Result<Vec<(Handle, String)>> {
    let mut found = state.filesystem().get_directories()?;
    let View { table, services, .. } = view(state);
    for (directory, name) in services.session::<Files>()?.directories(writable) {
        found.push((table.push(Descriptor::Dir(directory))?, name.to_owned()));
    }
    Ok(found)
}

fn session(state: &mut GuestState) -> wasmtime::Result<&mut FilesSession> {
    Ok(view(state).services.session::<Files>()?)
}

fn quota(state: &mut GuestState) -> wasmtime::Result<Arc<Quota>> {
    Ok(session(state)?.quota.clone())
}

/// An error of the interface, unless it is a trap.
fn answer<T>(result: FsResult<T>) -> Answer<T> {
    match result {
        Ok(value) => Ok((Ok(value),)),
        Err(error) => Ok((Err(error.downcast()?),)),
    }
}

fn open_at(mut store: Store<'_>, (at, how, path, open, flags): OpenAt) -> Call<'_, Handle> {
    Box::new(async move {
        let quota = quota(store.data_mut())?;
        if !quota.may_open() || open.contains(OpenFlags::CREATE) && !quota.may_create() {
            return Ok((Err(ErrorCode::Quota),));
        }
        let mut filesystem = store.data_mut().filesystem();
        let opened = filesystem.open_at(at, how, path, open, flags).await;
        if let Ok(handle) = &opened {
            follow(filesystem.table, handle, &quota)?;
        }
        answer(opened)
    })
}

fn follow(table: &ResourceTable, handle: &Handle, quota: &Quota) -> wasmtime::Result<()> {
    match table.get(handle)? {
        Descriptor::File(file) => {
            quota.opened(&file.file);
            if file.perms == FsPerms::ReadWrite {
                quota.track(&file.file)?;
            }
        }
        Descriptor::Dir(directory) => quota.opened(&directory.dir),
    }
    Ok(())
}

fn create_directory_at(mut store: Store<'_>, (at, path): (Handle, String)) -> Call<'_, ()> {
    Box::new(async move {
        if !quota(store.data_mut())?.may_create_folder() {
            return Ok((Err(ErrorCode::Quota),));
        }
        answer(store.data_mut().filesystem().create_directory_at(at, path).await)
    })
}

fn set_size(mut store: Store<'_>, (file, size): (Handle, u64)) -> Call<'_, ()> {
    Box::new(async move {
        if !admit(store.data_mut(), &file, Growth::To(size))? {
            return Ok((Err(ErrorCode::InsufficientSpace),));
        }
        answer(store.data_mut().filesystem().set_size(file, size).await)
    })
}

fn write(mut store: Store<'_>, (file, bytes, offset): (Handle, Vec<u8>, u64)) -> Call<'_, u64> {
    Box::new(async move {
        let end = offset.saturating_add(bytes.len() as u64);
        if !admit(store.data_mut(), &file, Growth::To(end))? {
            return Ok((Err(ErrorCode::InsufficientSpace),));
        }
        answer(store.data_mut().filesystem().write(file, bytes, offset).await)
    })
}

fn admit(state: &mut GuestState, handle: &Handle, grows: Growth) -> wasmtime::Result<bool> {
    let quota = quota(state)?;
    match state.ctx().table.get(handle)? {
        Descriptor::File(file) => Ok(quota.admit(&file.file, grows)),
        // WASI's own function says what is wrong with that.
        Descriptor::Dir(_) => Ok(true),
    }
}

/// WASI's stream with a meter before it; `offset` is `None` for one that appends.
fn stream(state: &mut GuestState, handle: Handle, offset: Option<u64>) -> Answer<Resource<DynOutputStream>> {
    let quota = quota(state)?;
    let mut filesystem = state.filesystem();
    let file = match filesystem.table.get(&handle)? {
        Descriptor::File(file) => Some(file.file.clone()),
        Descriptor::Dir(_) => None,
    };
    answer(metered(&mut filesystem, handle, file, offset, quota))
}

fn metered(
    filesystem: &mut WasiFilesystemCtxView<'_>,
    handle: Handle,
    file: Option<Arc<File>>,
    offset: Option<u64>,
    quota: Arc<Quota>,
) -> FsResult<Resource<DynOutputStream>> {
    let stream = match offset {
        Some(offset) => filesystem.write_via_stream(handle, offset)?,
        None => filesystem.append_via_stream(handle)?,
    };
    let Some(file) = file else { return Ok(stream) };
    let Some(writer) = quota.writer(&file) else { return Ok(stream) };
    let inner = filesystem.table.delete(stream).map_err(FsError::from)?;
    let metered: DynOutputStream = Box::new(Metered { inner, file, at: offset, quota, _writer: writer });
    Ok(filesystem.table.push(metered)?)
}

/// A stream to a file of the scratch directory.
struct Metered {
    inner: DynOutputStream,
    file: Arc<File>,
    at: Option<u64>,
    quota: Arc<Quota>,
    _writer: Writer,
}

impl Metered {
    fn admit(&mut self, bytes: usize) -> StreamResult<()> {
        let bytes = bytes as u64;
        let grows = match self.at {
            Some(at) => Growth::To(at.saturating_add(bytes)),
            None => Growth::By(bytes),
        };
        if !self.quota.admit(&self.file, grows) {
            let full = std::io::Error::from(rustix::io::Errno::NOSPC);
            return Err(StreamError::LastOperationFailed(full.into()));
        }
        self.at = self.at.map(|at| at.saturating_add(bytes));
        Ok(())
    }
}

#[async_trait::async_trait]
impl Pollable for Metered {
    async fn ready(&mut self) {
        self.inner.ready().await;
    }
}

#[async_trait::async_trait]
impl OutputStream for Metered {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.admit(bytes.len())?;
        self.inner.write(bytes)
    }

    async fn blocking_write_and_flush(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.admit(bytes.len())?;
        self.inner.blocking_write_and_flush(bytes).await
    }

    fn flush(&mut self) -> StreamResult<()> {
        self.inner.flush()
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        self.inner.check_write()
    }

    async fn cancel(&mut self) {
        self.inner.cancel().await;
    }
}
