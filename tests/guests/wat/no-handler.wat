;; A component that handles nothing. What must happen: it is refused at upload, saying which export is missing.
(component
  (core module $program (func (export "answer") (result i32) (i32.const 42)))
  (core instance $main (instantiate $program))
  (func (export "answer") (result u32) (canon lift (core func $main "answer"))))
