;; A core module, not a component. What must happen: it is refused at upload, saying that a component is needed.
(module
  (memory (export "memory") 1)
  (func (export "_start")))
