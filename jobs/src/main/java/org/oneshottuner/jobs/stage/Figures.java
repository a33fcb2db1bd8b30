package org.oneshottuner.jobs.stage;

import com.fasterxml.jackson.annotation.JsonIgnore;
import java.util.List;

/** What a stage found: a record whose components are the figures. */
public interface Figures {
  /** Returns them for a person to read. */
  @JsonIgnore
  List<String> lines();
}
