;; Loops in its start function: instantiation itself never ends. What must happen: 504, at the CPU limit.
(component
  (import "wasi:http/types@0.2.0" (instance $types
    (export "incoming-request" (type (sub resource)))
    (export "response-outparam" (type (sub resource)))))
  (alias export $types "incoming-request" (type $request))
  (alias export $types "response-outparam" (type $out))

  (core module $spin
    (func $forever (loop $again (br $again)))
    (start $forever)
    (func (export "handle") (param i32 i32)))
  (core instance $main (instantiate $spin))

  (func $handle (param "request" (own $request)) (param "response-out" (own $out))
    (canon lift (core func $main "handle")))
  (instance $handler (export "handle" (func $handle)))
  (export "wasi:http/incoming-handler@0.2.0" (instance $handler)))
