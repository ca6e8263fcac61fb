package dev.coracle.auth.certificates;

import java.util.ArrayList;
import java.util.List;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.CertIOException;
import org.bouncycastle.cert.X509v3CertificateBuilder;

/** The {@code usages} of a CertificateSigningRequest as extensions of a certificate. */
final class CertificateUsages {

  private CertificateUsages() {}

  /**
   * @throws IllegalArgumentException for a usage that there is not
   */
  static void add(X509v3CertificateBuilder builder, List<String> usages) throws CertIOException {
    int bits = 0;
    List<KeyPurposeId> purposes = new ArrayList<>();
    for (String usage : usages) {
      int bit = bit(usage);
      bits |= bit;
      if (bit == 0) {
        purposes.add(purpose(usage));
      }
    }
    if (bits != 0) {
      builder.addExtension(Extension.keyUsage, true, new KeyUsage(bits));
    }
    if (!purposes.isEmpty()) {
      builder.addExtension(
          Extension.extendedKeyUsage,
          false,
          new ExtendedKeyUsage(purposes.toArray(new KeyPurposeId[0])));
    }
  }

  private static int bit(String usage) {
    return switch (usage) {
      case "signing", "digital signature" -> KeyUsage.digitalSignature;
      case "content commitment" -> KeyUsage.nonRepudiation;
      case "key encipherment" -> KeyUsage.keyEncipherment;
      case "key agreement" -> KeyUsage.keyAgreement;
      case "data encipherment" -> KeyUsage.dataEncipherment;
      case "cert sign" -> KeyUsage.keyCertSign;
      case "crl sign" -> KeyUsage.cRLSign;
      case "encipher only" -> KeyUsage.encipherOnly;
      case "decipher only" -> KeyUsage.decipherOnly;
      default -> 0;
    };
  }

  private static KeyPurposeId purpose(String usage) {
    return switch (usage) {
      case "any" -> KeyPurposeId.anyExtendedKeyUsage;
      case "server auth" -> KeyPurposeId.id_kp_serverAuth;
      case "client auth" -> KeyPurposeId.id_kp_clientAuth;
      case "code signing" -> KeyPurposeId.id_kp_codeSigning;
      case "email protection", "s/mime" -> KeyPurposeId.id_kp_emailProtection;
      case "ipsec end system" -> KeyPurposeId.id_kp_ipsecEndSystem;
      case "ipsec tunnel" -> KeyPurposeId.id_kp_ipsecTunnel;
      case "ipsec user" -> KeyPurposeId.id_kp_ipsecUser;
      case "timestamping" -> KeyPurposeId.id_kp_timeStamping;
      case "ocsp signing" -> KeyPurposeId.id_kp_OCSPSigning;
      case "microsoft sgc" ->
          KeyPurposeId.getInstance(new ASN1ObjectIdentifier("1.3.6.1.4.1.311.10.3.3"));
      case "netscape sgc" ->
          KeyPurposeId.getInstance(new ASN1ObjectIdentifier("2.16.840.1.113730.4.1"));
      default -> throw new IllegalArgumentException("unrecognized usage: " + usage);
    };
  }
}
