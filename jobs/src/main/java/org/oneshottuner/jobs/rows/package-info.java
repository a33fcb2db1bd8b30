/** Rows at rest: the columns of each table, and how a row becomes a record. */
package org.oneshottuner.jobs.rows;
