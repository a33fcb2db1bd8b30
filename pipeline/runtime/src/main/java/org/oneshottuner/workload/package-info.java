/** What to compute and where: workloads, element types, layouts, targets and tuning tasks. */
package org.oneshottuner.workload;
