/** What is in frozen model files, whether they can be relied on, and how two of them decide. */
package org.oneshottuner.jobs.model;
