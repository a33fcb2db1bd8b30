/** A compiler that uses One-Shot Tuner. */
module org.example.consumer {
  requires org.oneshottuner.runtime;
}
