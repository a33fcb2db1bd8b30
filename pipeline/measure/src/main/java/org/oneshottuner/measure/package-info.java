/** Kernel builder, kernel runner, measurement protocol and device fingerprint. */
package org.oneshottuner.measure;
