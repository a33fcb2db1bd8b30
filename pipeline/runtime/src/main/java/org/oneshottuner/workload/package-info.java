/**
 * What to compute and where: workloads, element types, layouts, epilogues, targets and tuning
 * tasks.
 */
package org.oneshottuner.workload;
