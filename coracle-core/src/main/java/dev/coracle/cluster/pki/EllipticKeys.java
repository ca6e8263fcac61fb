package dev.coracle.cluster.pki;

import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.interfaces.ECPrivateKey;
import java.security.spec.ECPoint;
import java.security.spec.ECPublicKeySpec;
import org.bouncycastle.jcajce.provider.asymmetric.util.EC5Util;

/** The public half of an elliptic curve's private key, which the JDK does not compute. */
final class EllipticKeys {

  private EllipticKeys() {}

  static PublicKey publicKeyOf(ECPrivateKey key) throws GeneralSecurityException {
    org.bouncycastle.jce.spec.ECParameterSpec curve = EC5Util.convertSpec(key.getParams());
    org.bouncycastle.math.ec.ECPoint point = curve.getG().multiply(key.getS()).normalize();
    ECPoint its =
        new ECPoint(point.getAffineXCoord().toBigInteger(), point.getAffineYCoord().toBigInteger());
    return KeyFactory.getInstance("EC").generatePublic(new ECPublicKeySpec(its, key.getParams()));
  }
}
