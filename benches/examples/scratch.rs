#![allow(
    missing_docs,
    clippy::all,
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    clippy::expect_used
)]
use wasmtime::component::*;
use wasmtime::*;
struct S {
    mem: Vec<Vec<u8>>,
    start: u32,
}
fn main() {
    let wasm = std::fs::read(std::env::args().nth(1).unwrap()).unwrap();
    let src = std::fs::read_to_string(std::env::args().nth(2).unwrap()).unwrap();
    let engine = Engine::new(&Config::new()).unwrap();
    let component = Component::new(&engine, &wasm).unwrap();
    let mut linker: Linker<S> = Linker::new(&engine);
    let mut i = linker.instance("wasmforge:javascript/program@0.1.0").unwrap();
    i.func_wrap("keep-memory", |mut c: StoreContextMut<'_, S>, (start, m): (u32, WasmList<u8>)| {
        let v = m.as_le_slice(&c).to_vec();
        c.data_mut().mem.push(v);
        c.data_mut().start = start;
        Ok(())
    })
    .unwrap();
    linker.define_unknown_imports_as_traps(&component).unwrap();
    let rt = tokio::runtime::Builder::new_current_thread().build().unwrap();
    rt.block_on(async {
        let mut store = Store::new(&engine, S { mem: vec![], start: 0 });
        let inst = linker.instantiate_async(&mut store, &component).await.unwrap();
        let idx = inst.get_export_index(&mut store, None, "wasmforge:javascript/compiler@0.1.0").unwrap();
        let compile = inst.get_export_index(&mut store, Some(&idx), "compile").unwrap();
        let evaluate = inst.get_export_index(&mut store, Some(&idx), "evaluate").unwrap();
        let f = inst.get_func(&mut store, compile).unwrap();
        let mut r = vec![Val::Bool(false)];
        f.call_async(&mut store, &[Val::String(src), Val::Enum("script".into())], &mut r).await.unwrap();
        let Val::Result(Ok(Some(b))) = r[0].clone() else { panic!("{r:?}") };
        let Val::List(l) = *b else { panic!() };
        println!("bytecode {}", l.len());
        let mut store = Store::new(&engine, S { mem: vec![], start: 0 });
        let inst = linker.instantiate_async(&mut store, &component).await.unwrap();
        let f = inst.get_func(&mut store, evaluate).unwrap();
        let mut r = vec![Val::Bool(false)];
        f.call_async(&mut store, &[Val::List(l)], &mut r).await.unwrap();
        println!("{:?}", r);
        let s = store.data();
        println!("start {} sizes {:?}", s.start, s.mem.iter().map(|m| m.len()).collect::<Vec<_>>());
        let (a, b) = (&s.mem[0], &s.mem[1]);
        let mut n = 0;
        let mut regions = 0;
        let mut last = usize::MAX - 1;
        for (k, p) in b.chunks(4096).enumerate() {
            let same = a.get(k * 4096..k * 4096 + p.len()).map_or(p.iter().all(|x| *x == 0), |q| q == p);
            if !same {
                n += 1;
                if k != last.wrapping_add(1) {
                    regions += 1;
                }
                last = k;
                let d: Vec<usize> = (0..p.len()).filter(|i| a[k * 4096 + i] != p[*i]).collect();
                println!("{k}: {} bytes, first {:?}", d.len(), &d[..d.len().min(12)]);
            }
        }
        println!("\npages {n} regions {regions}");
    });
}
