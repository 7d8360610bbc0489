using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [(name = "functions", worker = .functions)],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "functions")],
);

const functions :Workerd.Worker = (
  compatibilityDate = "2026-10-01",
  modules = [
    (name = "workerd.js", esModule = embed "workerd.js"),
    (name = "hello.js", commonJsModule = embed "functions/hello.js"),
    (name = "json.js", commonJsModule = embed "functions/json.js"),
    (name = "sha256.js", commonJsModule = embed "functions/sha256.js"),
    (name = "template.js", commonJsModule = embed "functions/template.js"),
  ],
);
