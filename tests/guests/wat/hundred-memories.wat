;; One module with a hundred memories of 2 MiB each, the most that a module may declare. What must happen: it is refused at
;; upload, or fails on its memory limit when called.
(component
  (import "wasi:http/types@0.2.0" (instance $types
    (export "incoming-request" (type (sub resource)))
    (export "response-outparam" (type (sub resource)))))
  (alias export $types "incoming-request" (type $request))
  (alias export $types "response-outparam" (type $out))

  (core module $greedy
    (memory 32) (memory 32) (memory 32) (memory 32) (memory 32) (memory 32) (memory 32) (memory 32) (memory 32) (memory 32)
    (memory 32) (memory 32) (memory 32) (memory 32) (memory 32) (memory 32) (memory 32) (memory 32) (memory 32) (memory 32)
    (memory 32) (memory 32) (memory 32) (memory 32) (memory 32) (memory 32) (memory 32) (memory 32) (memory 32) (memory 32)
    (memory 32) (memory 32) (memory 32) (memory 32) (memory 32) (memory 32) (memory 32) (memory 32) (memory 32) (memory 32)
    (memory 32) (memory 32) (memory 32) (memory 32) (memory 32) (memory 32) (memory 32) (memory 32) (memory 32) (memory 32)
    (memory 32) (memory 32) (memory 32) (memory 32) (memory 32) (memory 32) (memory 32) (memory 32) (memory 32) (memory 32)
    (memory 32) (memory 32) (memory 32) (memory 32) (memory 32) (memory 32) (memory 32) (memory 32) (memory 32) (memory 32)
    (memory 32) (memory 32) (memory 32) (memory 32) (memory 32) (memory 32) (memory 32) (memory 32) (memory 32) (memory 32)
    (memory 32) (memory 32) (memory 32) (memory 32) (memory 32) (memory 32) (memory 32) (memory 32) (memory 32) (memory 32)
    (memory 32) (memory 32) (memory 32) (memory 32) (memory 32) (memory 32) (memory 32) (memory 32) (memory 32) (memory 32)
    (func (export "handle") (param i32 i32)))
  (core instance $main (instantiate $greedy))

  (func $handle (param "request" (own $request)) (param "response-out" (own $out))
    (canon lift (core func $main "handle")))
  (instance $handler (export "handle" (func $handle)))
  (export "wasi:http/incoming-handler@0.2.0" (instance $handler)))
