/** Searching a task's space: by a model's scores alone, or with measurements. */
package org.oneshottuner.search;
