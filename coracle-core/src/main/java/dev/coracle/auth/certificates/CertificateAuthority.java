package dev.coracle.auth.certificates;

import java.io.IOException;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** Issues certificates (RFC 5280) with ECDSA P-256 keys, signed by one key and certificate. */
public final class CertificateAuthority {

  /** What a certificate may be used for (its extended key usages). */
  public enum Use {
    SERVER,
    CLIENT
  }

  /**
   * What a certificate says.
   *
   * @param commonName the user's name of a client
   * @param organizations the groups of a client
   * @param dnsNames and {@code ipAddresses}: the subject alternative names of a server
   */
  public record Request(
      String commonName,
      List<String> organizations,
      List<String> dnsNames,
      List<String> ipAddresses,
      List<Use> uses,
      Duration validity) {

    public static Request client(String commonName, List<String> organizations, Duration validity) {
      return new Request(
          commonName, organizations, List.of(), List.of(), List.of(Use.CLIENT), validity);
    }

    public static Request server(
        String commonName, List<String> dnsNames, List<String> ipAddresses, Duration validity) {
      return new Request(
          commonName, List.of(), dnsNames, ipAddresses, List.of(Use.SERVER), validity);
    }
  }

  private static final SecureRandom RANDOM = new SecureRandom();

  /** How far back a certificate is valid, for clocks that are behind. */
  private static final Duration SKEW = Duration.ofMinutes(5);

  private final KeyAndCertificate authority;

  public CertificateAuthority(KeyAndCertificate authority) {
    this.authority = authority;
  }

  /** A new authority that has signed itself. */
  public static CertificateAuthority create(String commonName, Instant now, Duration validity) {
    KeyPair pair = newKeyPair();
    X500Name name = name(commonName, List.of());
    try {
      X509v3CertificateBuilder builder = builder(name, name, pair.getPublic(), now, validity);
      JcaX509ExtensionUtils identifiers = new JcaX509ExtensionUtils();
      builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(true));
      builder.addExtension(
          Extension.keyUsage,
          true,
          new KeyUsage(
              KeyUsage.digitalSignature | KeyUsage.keyEncipherment | KeyUsage.keyCertSign));
      builder.addExtension(
          Extension.subjectKeyIdentifier,
          false,
          identifiers.createSubjectKeyIdentifier(pair.getPublic()));
      X509Certificate certificate =
          new JcaX509CertificateConverter()
              .getCertificate(
                  builder.build(
                      new JcaContentSignerBuilder("SHA256withECDSA").build(pair.getPrivate())));
      return new CertificateAuthority(new KeyAndCertificate(pair.getPrivate(), certificate));
    } catch (IOException | GeneralSecurityException | OperatorCreationException e) {
      throw new IllegalStateException("cannot make a certificate authority", e);
    }
  }

  public KeyAndCertificate keyAndCertificate() {
    return authority;
  }

  public X509Certificate certificate() {
    return authority.certificate();
  }

  /** A new key with a certificate for it. */
  public KeyAndCertificate issue(Request request, Instant now) {
    return issue(request, newKeyPair(), now);
  }

  /** A certificate for a key pair. */
  public KeyAndCertificate issue(Request request, KeyPair pair, Instant now) {
    return new KeyAndCertificate(pair.getPrivate(), issue(request, pair.getPublic(), now));
  }

  /** A certificate for somebody else's key. */
  public X509Certificate issue(Request request, PublicKey key, Instant now) {
    try {
      X500Name issuer =
          X500Name.getInstance(authority.certificate().getSubjectX500Principal().getEncoded());
      X509v3CertificateBuilder builder =
          builder(
              issuer,
              name(request.commonName(), request.organizations()),
              key,
              now,
              request.validity());
      JcaX509ExtensionUtils identifiers = new JcaX509ExtensionUtils();
      builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(false));
      builder.addExtension(
          Extension.keyUsage,
          true,
          new KeyUsage(KeyUsage.digitalSignature | KeyUsage.keyEncipherment));
      builder.addExtension(Extension.extendedKeyUsage, false, purposes(request.uses()));
      builder.addExtension(
          Extension.authorityKeyIdentifier,
          false,
          identifiers.createAuthorityKeyIdentifier(authority.certificate().getPublicKey()));
      List<GeneralName> names = new ArrayList<>();
      request.dnsNames().forEach(dns -> names.add(new GeneralName(GeneralName.dNSName, dns)));
      request.ipAddresses().forEach(ip -> names.add(new GeneralName(GeneralName.iPAddress, ip)));
      if (!names.isEmpty()) {
        builder.addExtension(
            Extension.subjectAlternativeName,
            false,
            new GeneralNames(names.toArray(new GeneralName[0])));
      }
      return signed(builder);
    } catch (IOException | GeneralSecurityException | OperatorCreationException e) {
      throw new IllegalStateException("cannot issue a certificate", e);
    }
  }

  /**
   * A certificate as it was requested: its own subject, names and key.
   *
   * @param usages by the names of the Kubernetes API, such as {@code client auth}
   */
  public X509Certificate sign(
      SigningRequest request, List<String> usages, Instant notBefore, Instant notAfter) {
    try {
      X509v3CertificateBuilder builder =
          new JcaX509v3CertificateBuilder(
              X500Name.getInstance(authority.certificate().getSubjectX500Principal().getEncoded()),
              new BigInteger(127, RANDOM).setBit(126),
              Date.from(notBefore),
              Date.from(notAfter),
              request.subject(),
              request.publicKey());
      JcaX509ExtensionUtils identifiers = new JcaX509ExtensionUtils();
      CertificateUsages.add(builder, usages);
      builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(false));
      builder.addExtension(
          Extension.authorityKeyIdentifier,
          false,
          identifiers.createAuthorityKeyIdentifier(authority.certificate().getPublicKey()));
      GeneralNames names = request.alternativeNames();
      if (names != null) {
        builder.addExtension(Extension.subjectAlternativeName, false, names);
      }
      return signed(builder);
    } catch (IOException | GeneralSecurityException | OperatorCreationException e) {
      throw new IllegalStateException("cannot sign a certificate", e);
    }
  }

  private X509Certificate signed(X509v3CertificateBuilder builder)
      throws GeneralSecurityException, OperatorCreationException {
    String algorithm =
        authority.key().getAlgorithm().equals("RSA") ? "SHA256withRSA" : "SHA256withECDSA";
    return new JcaX509CertificateConverter()
        .getCertificate(
            builder.build(new JcaContentSignerBuilder(algorithm).build(authority.key())));
  }

  /** A new ECDSA P-256 key pair. */
  public static KeyPair newKeyPair() {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"), RANDOM);
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JDK has no P-256", e);
    }
  }

  /** A new RSA key pair of 2048 bits, for clients that read no other keys. Takes about 0.1 s. */
  public static KeyPair newRsaKeyPair() {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
      generator.initialize(2048, RANDOM);
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JDK has no RSA", e);
    }
  }

  private static ExtendedKeyUsage purposes(List<Use> uses) {
    List<KeyPurposeId> purposes = new ArrayList<>();
    for (Use use : uses) {
      purposes.add(
          switch (use) {
            case SERVER -> KeyPurposeId.id_kp_serverAuth;
            case CLIENT -> KeyPurposeId.id_kp_clientAuth;
          });
    }
    return new ExtendedKeyUsage(purposes.toArray(new KeyPurposeId[0]));
  }

  private static X509v3CertificateBuilder builder(
      X500Name issuer, X500Name subject, PublicKey key, Instant now, Duration validity) {
    return new JcaX509v3CertificateBuilder(
        issuer,
        new BigInteger(127, RANDOM).setBit(126),
        Date.from(now.minus(SKEW)),
        Date.from(now.plus(validity)),
        subject,
        key);
  }

  private static X500Name name(String commonName, List<String> organizations) {
    X500NameBuilder builder = new X500NameBuilder(BCStyle.INSTANCE);
    organizations.forEach(organization -> builder.addRDN(BCStyle.O, organization));
    builder.addRDN(BCStyle.CN, commonName);
    return builder.build();
  }
}
