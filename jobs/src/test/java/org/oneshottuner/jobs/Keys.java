package org.oneshottuner.jobs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;

/**
 * A pair of Ed25519 keys in files, as openssl writes them.
 *
 * @param secret the private one
 * @param open the public one
 */
public record Keys(Path secret, Path open) {
  /** Makes a pair. */
  public static Keys in(Path folder, String name) throws IOException, NoSuchAlgorithmException {
    KeyPair pair = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
    return new Keys(
        Files.writeString(
            folder.resolve(name + ".pem"), pem("PRIVATE", pair.getPrivate().getEncoded())),
        Files.writeString(
            folder.resolve(name + ".pub.pem"), pem("PUBLIC", pair.getPublic().getEncoded())));
  }

  private static String pem(String kind, byte[] encoded) {
    return "-----BEGIN "
        + kind
        + " KEY-----\n"
        + Base64.getMimeEncoder().encodeToString(encoded)
        + "\n-----END "
        + kind
        + " KEY-----\n";
  }
}
