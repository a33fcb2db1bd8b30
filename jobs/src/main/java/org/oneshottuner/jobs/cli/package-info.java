/** The command line: one class a command, which reads its options and prints what a stage found. */
package org.oneshottuner.jobs.cli;
