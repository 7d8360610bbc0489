;; Loops in `realloc`, which the host calls to pass it a string. What must happen: 504, at the CPU limit.
(component
  (import "wasi:http/types@0.2.0" (instance $types
    (export "incoming-request" (type $incoming-request (sub resource)))
    (export "response-outparam" (type (sub resource)))
    (export "[method]incoming-request.path-with-query"
      (func (param "self" (borrow $incoming-request)) (result (option string))))))
  (alias export $types "incoming-request" (type $request))
  (alias export $types "response-outparam" (type $out))

  (core module $libc
    (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (loop $again (br $again))
      unreachable))
  (core instance $libc (instantiate $libc))
  (core func $path (canon lower (func $types "[method]incoming-request.path-with-query")
    (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))

  (core module $program
    (import "host" "path" (func $path (param i32 i32)))
    (func (export "handle") (param $request i32) (param i32)
      (call $path (local.get $request) (i32.const 0))))
  (core instance $main (instantiate $program
    (with "host" (instance (export "path" (func $path))))))

  (func $handle (param "request" (own $request)) (param "response-out" (own $out))
    (canon lift (core func $main "handle")))
  (instance $handler (export "handle" (func $handle)))
  (export "wasi:http/incoming-handler@0.2.0" (instance $handler)))
