//! Reads the state of an instrumented component's instance, for wizer.

use wasmtime::Store;
use wasmtime::component::{Instance, Lift, WasmList};
use wasmtime_wizer::ComponentInstanceState;

/// An instance with the exports that wizer added to it.
pub(crate) struct Instrumented {
    pub(crate) store: Store<()>,
    pub(crate) instance: Instance,
}

impl Instrumented {
    #[allow(
        clippy::expect_used,
        reason = "wizer added these exports itself, and gives no way to report an error"
    )]
    async fn call<R: Lift + Send + Sync + 'static>(&mut self, instance: &str, func: &str) -> R {
        let store = &mut self.store;
        let instance_export = self.instance.get_export_index(&mut *store, None, instance);
        let export = self.instance.get_export_index(&mut *store, instance_export.as_ref(), func);
        let func = self
            .instance
            .get_typed_func::<(), (R,)>(&mut *store, export.expect("an export of the instrumented component"))
            .expect("a function of the type that wizer gave it");
        func.call_async(&mut *store, ()).await.expect("an accessor, which cannot fail").0
    }
}

impl ComponentInstanceState for Instrumented {
    async fn call_func_ret_list_u8(
        &mut self,
        instance: &str,
        func: &str,
        contents: impl FnOnce(&[u8]) + Send,
    ) {
        let list: WasmList<u8> = self.call(instance, func).await;
        contents(list.as_le_slice(&self.store));
    }

    async fn call_func_ret_s32(&mut self, instance: &str, func: &str) -> i32 {
        self.call(instance, func).await
    }

    async fn call_func_ret_s64(&mut self, instance: &str, func: &str) -> i64 {
        self.call(instance, func).await
    }

    async fn call_func_ret_f32(&mut self, instance: &str, func: &str) -> u32 {
        self.call::<f32>(instance, func).await.to_bits()
    }

    async fn call_func_ret_f64(&mut self, instance: &str, func: &str) -> u64 {
        self.call::<f64>(instance, func).await.to_bits()
    }
}
