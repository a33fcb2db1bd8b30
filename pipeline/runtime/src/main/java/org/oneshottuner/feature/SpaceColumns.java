package org.oneshottuner.feature;

import org.oneshottuner.space.ScheduleSpace;

/**
 * The columns of a schema over the members of one task's space. A column's value is a function of
 * the knobs that it names, so that a scorer may tabulate it and need not make rows. Not
 * thread-safe, as columns may remember what they computed.
 */
public interface SpaceColumns {
  /** Returns the id of the schema whose columns these are. */
  String schemaId();

  /** Returns the space whose members are read. */
  ScheduleSpace space();

  /**
   * Returns a column over one template's members.
   *
   * @param template place of the template in {@link ScheduleSpace#templates()}
   * @param column place of the column in the schema
   */
  SpaceColumn column(int template, int column);
}
