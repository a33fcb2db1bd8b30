package org.oneshottuner.predict;

import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.PublicKey;
import java.security.Signature;
import java.security.SignatureException;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import java.util.HexFormat;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A public Ed25519 key (RFC 8032) whose owner's models are served. Immutable and thread-safe.
 *
 * <p>Such a pair of keys is made by {@code openssl genpkey -algorithm ed25519 -out release.pem} and
 * {@code openssl pkey -in release.pem -pubout -out release.pub.pem}.
 */
public final class TrustedKey {
  /** Bytes of a key's id: the first of the SHA-256 of its X.509 form. */
  static final int ID_BYTES = 8;

  private static final String ALGORITHM = "Ed25519";
  private static final Pattern PEM =
      Pattern.compile(
          "\\s*-----BEGIN PUBLIC KEY-----([A-Za-z0-9+/=\\s]*)-----END PUBLIC KEY-----\\s*");

  private final PublicKey key;
  private final String id;

  private TrustedKey(PublicKey key) {
    this.key = key;
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(key.getEncoded());
      this.id = HexFormat.of().formatHex(digest, 0, ID_BYTES);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Cannot name keys: this Java has no SHA-256", e);
    }
  }

  /**
   * Reads a key from PEM text.
   *
   * @param source what to call it in messages
   * @throws IllegalArgumentException if it is not one public Ed25519 key
   */
  public static TrustedKey parse(String pem, String source) {
    Matcher matcher = PEM.matcher(pem);
    if (!matcher.matches()) {
      throw new IllegalArgumentException(
          "Cannot trust key "
              + source
              + ": expected one PEM block, -----BEGIN PUBLIC KEY----- to -----END PUBLIC KEY-----");
    }
    try {
      byte[] encoded = Base64.getMimeDecoder().decode(matcher.group(1));
      return of(KeyFactory.getInstance(ALGORITHM).generatePublic(new X509EncodedKeySpec(encoded)));
    } catch (InvalidKeySpecException | IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "Cannot trust key " + source + ": it is no Ed25519 key: " + e.getMessage(), e);
    } catch (NoSuchAlgorithmException e) {
      throw without(e);
    }
  }

  /**
   * Returns a key to trust.
   *
   * @throws IllegalArgumentException if it is not an Ed25519 key
   */
  public static TrustedKey of(PublicKey key) {
    // the provider names the family, and Ed448 is of it too; the id of Ed25519 is 1.3.101.112
    byte[] encoded = key.getEncoded();
    if (encoded == null || encoded.length != 44 || encoded[8] != 0x70) {
      throw new IllegalArgumentException(
          "Cannot trust a key of " + key.getAlgorithm() + ": expected " + ALGORITHM);
    }
    return new TrustedKey(key);
  }

  /** Returns the 16 hexadecimal digits that files name this key by. */
  public String id() {
    return id;
  }

  /** Returns whether a signature of some bytes is this key's. */
  public boolean signed(byte[] message, byte[] signature) {
    return verified(
        verifier -> {
          verifier.update(message);
          return verifier.verify(signature);
        });
  }

  /** Returns whether a signature of a model file is this key's. */
  boolean signed(ModelSeal seal, ModelSeal.Mark mark) {
    return verified(
        verifier -> {
          seal.update(verifier);
          return seal.verify(verifier, mark);
        });
  }

  private interface Check {
    boolean of(Signature verifier) throws SignatureException;
  }

  private boolean verified(Check check) {
    try {
      Signature verifier = Signature.getInstance(ALGORITHM);
      verifier.initVerify(key);
      return check.of(verifier);
    } catch (NoSuchAlgorithmException e) {
      throw without(e);
    } catch (SignatureException e) {
      return false; // no point of the curve, or too large a number
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("Cannot use key " + id + ": " + e.getMessage(), e);
    }
  }

  private static IllegalStateException without(NoSuchAlgorithmException e) {
    return new IllegalStateException(
        "Cannot verify signatures: this Java has no Ed25519 (module jdk.crypto.ec before Java 22)",
        e);
  }
}
