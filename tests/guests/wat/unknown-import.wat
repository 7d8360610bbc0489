;; Wants something that no host of ours has. What must happen: it is refused at upload, by the import's name.
(component
  (import "acme:secret/thing@1.0.0" (instance $thing
    (export "steal" (func (result u32)))))
  (import "wasi:http/types@0.2.0" (instance $types
    (export "incoming-request" (type (sub resource)))
    (export "response-outparam" (type (sub resource)))))
  (alias export $types "incoming-request" (type $request))
  (alias export $types "response-outparam" (type $out))

  (core func $steal (canon lower (func $thing "steal")))
  (core module $program
    (import "thing" "steal" (func $steal (result i32)))
    (func (export "handle") (param i32 i32) (drop (call $steal))))
  (core instance $main (instantiate $program
    (with "thing" (instance (export "steal" (func $steal))))))

  (func $handle (param "request" (own $request)) (param "response-out" (own $out))
    (canon lift (core func $main "handle")))
  (instance $handler (export "handle" (func $handle)))
  (export "wasi:http/incoming-handler@0.2.0" (instance $handler)))
