/** Spark entry points, one class a stage, and the command line. */
package org.oneshottuner.jobs;
