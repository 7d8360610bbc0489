;; Fills the garbage-collected heap with a list that stays reachable. What must happen: a trap, or a refusal at upload where the
;; engine knows no such heap.
(component
  (import "wasi:http/types@0.2.0" (instance $types
    (export "incoming-request" (type (sub resource)))
    (export "response-outparam" (type (sub resource)))))
  (alias export $types "incoming-request" (type $request))
  (alias export $types "response-outparam" (type $out))

  (core module $greedy
    (type $node (struct (field (ref null $node)) (field v128)))
    (global $list (mut (ref null $node)) (ref.null $node))
    (func (export "handle") (param i32 i32)
      (loop $more
        (global.set $list (struct.new $node (global.get $list) (v128.const i64x2 1 2)))
        (br $more))))
  (core instance $main (instantiate $greedy))

  (func $handle (param "request" (own $request)) (param "response-out" (own $out))
    (canon lift (core func $main "handle")))
  (instance $handler (export "handle" (func $handle)))
  (export "wasi:http/incoming-handler@0.2.0" (instance $handler)))
