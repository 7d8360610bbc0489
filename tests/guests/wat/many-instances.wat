;; Ten thousand core instances, made by four levels of components that instantiate the level below ten times each. What must
;; happen: it is refused at upload, or fails on its limits when called.
(component $bomb
  (import "wasi:http/types@0.2.0" (instance $types
    (export "incoming-request" (type (sub resource)))
    (export "response-outparam" (type (sub resource)))))
  (alias export $types "incoming-request" (type $request))
  (alias export $types "response-outparam" (type $out))

  (component $c0
    (core module $one (memory 1) (table 1 funcref))
    (core instance (instantiate $one)))
  (component $c1
    (alias outer $bomb $c0 (component $below))
    (instance (instantiate $below)) (instance (instantiate $below))
    (instance (instantiate $below)) (instance (instantiate $below))
    (instance (instantiate $below)) (instance (instantiate $below))
    (instance (instantiate $below)) (instance (instantiate $below))
    (instance (instantiate $below)) (instance (instantiate $below)))
  (component $c2
    (alias outer $bomb $c1 (component $below))
    (instance (instantiate $below)) (instance (instantiate $below))
    (instance (instantiate $below)) (instance (instantiate $below))
    (instance (instantiate $below)) (instance (instantiate $below))
    (instance (instantiate $below)) (instance (instantiate $below))
    (instance (instantiate $below)) (instance (instantiate $below)))
  (component $c3
    (alias outer $bomb $c2 (component $below))
    (instance (instantiate $below)) (instance (instantiate $below))
    (instance (instantiate $below)) (instance (instantiate $below))
    (instance (instantiate $below)) (instance (instantiate $below))
    (instance (instantiate $below)) (instance (instantiate $below))
    (instance (instantiate $below)) (instance (instantiate $below)))
  (component $c4
    (alias outer $bomb $c3 (component $below))
    (instance (instantiate $below)) (instance (instantiate $below))
    (instance (instantiate $below)) (instance (instantiate $below))
    (instance (instantiate $below)) (instance (instantiate $below))
    (instance (instantiate $below)) (instance (instantiate $below))
    (instance (instantiate $below)) (instance (instantiate $below)))
  (instance (instantiate $c4))

  (core module $program (func (export "handle") (param i32 i32)))
  (core instance $main (instantiate $program))

  (func $handle (param "request" (own $request)) (param "response-out" (own $out))
    (canon lift (core func $main "handle")))
  (instance $handler (export "handle" (func $handle)))
  (export "wasi:http/incoming-handler@0.2.0" (instance $handler)))
