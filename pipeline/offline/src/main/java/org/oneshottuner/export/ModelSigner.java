package org.oneshottuner.export;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.HexFormat;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.oneshottuner.predict.ModelSeal;
import org.oneshottuner.predict.TrustedKey;

/** Signs model files by a private Ed25519 key. Immutable and thread-safe. */
public final class ModelSigner {
  private static final String ALGORITHM = "Ed25519";
  private static final Pattern PEM =
      Pattern.compile(
          "\\s*-----BEGIN PRIVATE KEY-----([A-Za-z0-9+/=\\s]*)-----END PRIVATE KEY-----\\s*");

  /** Signed to see whether two keys are a pair; no model file begins like this. */
  private static final byte[] PROBE = "are these a pair?".getBytes(StandardCharsets.UTF_8);

  private final PrivateKey key;
  private final TrustedKey trusted;

  private ModelSigner(PrivateKey key, TrustedKey trusted) {
    this.key = key;
    this.trusted = trusted;
  }

  /**
   * Reads a private key from PEM text, as {@code openssl genpkey -algorithm ed25519} writes it.
   *
   * @param source what to call it in messages, which never tell of its content
   * @param trusted the public key that goes with it; Java cannot tell the one from the other
   * @throws IllegalArgumentException if it is not one private Ed25519 key without a password, or
   *     not that of the public one
   */
  public static ModelSigner parse(String pem, String source, TrustedKey trusted) {
    Matcher matcher = PEM.matcher(pem);
    if (!matcher.matches()) {
      throw new IllegalArgumentException(
          "Cannot sign by key "
              + source
              + ": expected one PEM block, -----BEGIN PRIVATE KEY----- to -----END PRIVATE KEY-----");
    }
    try {
      byte[] encoded = Base64.getMimeDecoder().decode(matcher.group(1));
      PrivateKey key =
          KeyFactory.getInstance(ALGORITHM).generatePrivate(new PKCS8EncodedKeySpec(encoded));
      Signature signature = Signature.getInstance(ALGORITHM);
      signature.initSign(key);
      signature.update(PROBE);
      if (!trusted.signed(PROBE, signature.sign())) {
        throw new IllegalArgumentException(
            "Cannot sign by key " + source + ": public key " + trusted.id() + " is not its own");
      }
      return new ModelSigner(key, trusted);
    } catch (GeneralSecurityException e) {
      throw new IllegalArgumentException(
          "Cannot sign by key " + source + ": it is no private Ed25519 key", e);
    }
  }

  /** Returns the public key that verifies what this signs. */
  public TrustedKey trusted() {
    return trusted;
  }

  /**
   * Returns a model file with one more signature.
   *
   * @param source what to call the file in messages
   * @throws org.oneshottuner.predict.ModelFormatException if it is no model file, or damaged
   * @throws IllegalArgumentException if it is of an old version, this key has signed it, or two
   *     others have
   */
  public byte[] sign(byte[] file, String source) {
    ModelSeal seal = ModelSeal.of(file, source);
    if (seal.version() != ModelSeal.VERSION) {
      throw new IllegalArgumentException(
          "Cannot sign "
              + source
              + ": it is of version "
              + seal.version()
              + ", expected "
              + ModelSeal.VERSION);
    }
    if (seal.keyIds().contains(trusted.id())) {
      throw new IllegalArgumentException(
          "Cannot sign " + source + ": key " + trusted.id() + " has signed it already");
    }
    try {
      Signature signature = Signature.getInstance(ALGORITHM);
      signature.initSign(key);
      seal.update(signature);
      ByteArrayOutputStream marks = new ByteArrayOutputStream();
      marks.writeBytes(seal.marks());
      marks.writeBytes(HexFormat.of().parseHex(trusted.id()));
      marks.writeBytes(signature.sign());
      return ModelSeal.seal(seal.content(), marks.toByteArray());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("Cannot sign " + source + ": " + e.getMessage(), e);
    }
  }
}
