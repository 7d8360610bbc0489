;; Four core instances, each with a memory of its own, each of which it grows as far as it may. The limit is on all of them
;; together: having got more than 128 MiB in sum, it traps; else it returns without having answered.
(component
  (import "wasi:http/types@0.2.0" (instance $types
    (export "incoming-request" (type (sub resource)))
    (export "response-outparam" (type (sub resource)))))
  (alias export $types "incoming-request" (type $request))
  (alias export $types "response-outparam" (type $out))

  (core module $greedy
    (memory 1)
    ;; Grows by 1 MiB until that is refused. The result is the size, in pages of 64 KiB.
    (func (export "grow") (result i32)
      (loop $more
        (br_if $more (i32.ne (memory.grow (i32.const 16)) (i32.const -1))))
      memory.size))
  (core instance $a (instantiate $greedy))
  (core instance $b (instantiate $greedy))
  (core instance $c (instantiate $greedy))
  (core instance $d (instantiate $greedy))

  (core module $program
    (import "a" "grow" (func $a (result i32)))
    (import "b" "grow" (func $b (result i32)))
    (import "c" "grow" (func $c (result i32)))
    (import "d" "grow" (func $d (result i32)))
    (func (export "handle") (param i32 i32)
      (if (i32.gt_u (i32.add (i32.add (call $a) (call $b)) (i32.add (call $c) (call $d))) (i32.const 2048))
        (then unreachable))))
  (core instance $main (instantiate $program
    (with "a" (instance $a)) (with "b" (instance $b)) (with "c" (instance $c)) (with "d" (instance $d))))

  (func $handle (param "request" (own $request)) (param "response-out" (own $out))
    (canon lift (core func $main "handle")))
  (instance $handler (export "handle" (func $handle)))
  (export "wasi:http/incoming-handler@0.2.0" (instance $handler)))
