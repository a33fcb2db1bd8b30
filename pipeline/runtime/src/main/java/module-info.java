/**
 * What a compiler ships with: from a tuning task to its best schedule and kernel, with nothing but
 * {@code java.base}.
 */
module org.oneshottuner.runtime {
  exports org.oneshottuner.compile;
  exports org.oneshottuner.feature;
  exports org.oneshottuner.lower;
  exports org.oneshottuner.predict;
  exports org.oneshottuner.space;
  exports org.oneshottuner.workload;
}
