package dev.coracle.cluster.pki;

import dev.coracle.cluster.data.DataDirectory;
import dev.coracle.cluster.start.StartException;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.cert.CertificateException;
import java.security.interfaces.RSAPrivateCrtKey;
import java.util.ArrayList;
import java.util.List;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.openssl.PEMException;
import org.bouncycastle.openssl.PEMKeyPair;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.jcajce.JcaPEMKeyConverter;
import org.jspecify.annotations.Nullable;

/** Keys that users bring in PEM files, in any of the forms that kube-apiserver reads. */
public final class KeyFiles {

  private KeyFiles() {}

  /**
   * The public keys of a file: public keys, certificates, or those of private keys.
   *
   * @throws StartException when there is none
   */
  public static List<PublicKey> publicKeys(String flag, Path file) {
    List<PublicKey> keys = new ArrayList<>();
    JcaPEMKeyConverter converter = new JcaPEMKeyConverter();
    try {
      for (Object object : objects(flag, file)) {
        switch (object) {
          case SubjectPublicKeyInfo key -> keys.add(converter.getPublicKey(key));
          case X509CertificateHolder certificate ->
              keys.add(
                  new JcaX509CertificateConverter().getCertificate(certificate).getPublicKey());
          case PEMKeyPair pair -> keys.add(converter.getKeyPair(pair).getPublic());
          case PrivateKeyInfo key -> {
            PublicKey its = publicKeyOf(converter.getPrivateKey(key));
            if (its != null) {
              keys.add(its);
            }
          }
          default -> {
            // Parameters of a curve, for instance, which openssl writes before the key.
          }
        }
      }
    } catch (PEMException | CertificateException e) {
      throw useless(flag, file, e);
    }
    if (keys.isEmpty()) {
      throw useless(
          flag, file, new IOException("data does not contain any valid RSA or ECDSA public keys"));
    }
    return keys;
  }

  /** A signing key with its public half. */
  public static KeyPair keyPair(String flag, Path file) {
    JcaPEMKeyConverter converter = new JcaPEMKeyConverter();
    try {
      for (Object object : objects(flag, file)) {
        if (object instanceof PEMKeyPair pair) {
          return converter.getKeyPair(pair);
        }
        if (object instanceof PrivateKeyInfo info) {
          PrivateKey key = converter.getPrivateKey(info);
          PublicKey its = publicKeyOf(key);
          if (its != null) {
            return new KeyPair(its, key);
          }
        }
      }
    } catch (PEMException e) {
      throw useless(flag, file, e);
    }
    throw useless(
        flag, file, new IOException("data does not contain a valid RSA or ECDSA private key"));
  }

  private static List<Object> objects(String flag, Path file) {
    List<Object> objects = new ArrayList<>();
    try (PEMParser parser = new PEMParser(new StringReader(Files.readString(file)))) {
      for (Object object = parser.readObject(); object != null; object = parser.readObject()) {
        objects.add(object);
      }
      return objects;
    } catch (IOException e) {
      throw useless(flag, file, e);
    }
  }

  private static @Nullable PublicKey publicKeyOf(PrivateKey key) {
    try {
      if (key instanceof RSAPrivateCrtKey rsa) {
        return java.security.KeyFactory.getInstance("RSA")
            .generatePublic(
                new java.security.spec.RSAPublicKeySpec(rsa.getModulus(), rsa.getPublicExponent()));
      }
      if (key instanceof java.security.interfaces.ECPrivateKey ec) {
        return EllipticKeys.publicKeyOf(ec);
      }
      return null;
    } catch (java.security.GeneralSecurityException e) {
      return null;
    }
  }

  public static StartException useless(String flag, Path file, Exception cause) {
    String why =
        cause instanceof IOException io && !(cause instanceof PEMException)
            ? DataDirectory.reason(io)
            : String.valueOf(cause.getMessage());
    return new StartException(
        StartException.Kind.FAILED, flag + ": " + file + " can't be used: " + why, cause);
  }
}
