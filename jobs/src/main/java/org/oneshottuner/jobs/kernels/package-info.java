/** From operators to chosen schedules, and to kernels that a C program links. */
package org.oneshottuner.jobs.kernels;
