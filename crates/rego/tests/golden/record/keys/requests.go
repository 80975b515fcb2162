package main

import (
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/pem"
	"net"
	"net/url"
)

func requests() {
	const parse = "crypto.x509.parse_certificate_request"
	const label = "CERTIFICATE REQUEST"
	var all [][]byte
	make := func(t *x509.CertificateRequest, s signer) {
		all = append(all, get(x509.CreateCertificateRequest(rand.Reader, t, s.key)))
	}
	for _, s := range signers {
		make(&x509.CertificateRequest{Subject: pkix.Name{CommonName: s.name}}, s)
	}
	pair := func(kind asn1.ObjectIdentifier, value any) pkix.AttributeTypeAndValue {
		return pkix.AttributeTypeAndValue{Type: kind, Value: value}
	}
	make(&x509.CertificateRequest{
		Subject: pkix.Name{
			CommonName: "all", Organization: []string{"Ö"},
			ExtraNames: []pkix.AttributeTypeAndValue{
				pair(asn1.ObjectIdentifier{1, 2, 3}, 42), pair(asn1.ObjectIdentifier{1, 2, 4}, []byte{1, 2}),
				pair(asn1.ObjectIdentifier{1, 2, 5}, true), pair(asn1.ObjectIdentifier{1, 2, 6}, asn1.ObjectIdentifier{1, 2, 7}),
				pair(asn1.ObjectIdentifier{1, 2, 8}, year(2030)), pair(asn1.ObjectIdentifier{1, 2, 9}, []int{1}),
			},
		},
		DNSNames: []string{"a.example"}, EmailAddresses: []string{"a@b.example"},
		IPAddresses: []net.IP{net.IPv4(1, 2, 3, 4)}, URIs: []*url.URL{link("https://a.example/x")},
		ExtraExtensions: []pkix.Extension{extension(true, []int{2, 5, 29, 15}, []byte{3, 2, 7, 0x80}), extension(false, []int{1, 2, 3, 4}, []byte{5, 0})},
		Attributes: []pkix.AttributeTypeAndValueSET{{
			Type:  asn1.ObjectIdentifier{1, 2, 3, 9},
			Value: [][]pkix.AttributeTypeAndValue{{pair(asn1.ObjectIdentifier{1, 2, 3}, "text"), pair(asn1.ObjectIdentifier{1, 2, 4}, 7)}},
		}},
	}, signers[7])
	for _, der := range all {
		call(parse, block(label, der))
		call(parse, base64.StdEncoding.EncodeToString(der))
	}
	call(parse, base64.StdEncoding.EncodeToString([]byte(block(label, all[7]))))
	for _, text := range []string{
		"", "!", "AA==", "YmFkc3RyaW5n", block("CERTIFICATE", all[7]), base64.StdEncoding.EncodeToString([]byte(block("CERTIFICATE", all[7]))),
		"-----BEGIN CERTIFICATE REQUEST-----", "-----BEGIN NEW CERTIFICATE REQUEST-----\n",
		base64.StdEncoding.EncodeToString(append(append([]byte{}, all[7]...), 0)),
	} {
		call(parse, text)
	}
	call(parse, 1)
	for range 60 {
		call(parse, base64.StdEncoding.EncodeToString(mutated(all[7+random.Intn(2)])))
	}
}

func privateKeys(certs [][]byte) {
	const keys, first, pair = "crypto.parse_private_keys", "crypto.x509.parse_rsa_private_key", "crypto.x509.parse_keypair"
	var blocks []string
	add := func(label string, der []byte) { blocks = append(blocks, block(label, der)) }
	for _, s := range signers {
		add("PRIVATE KEY", get(x509.MarshalPKCS8PrivateKey(s.key)))
	}
	add("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(rsa1024))
	add("EC PRIVATE KEY", get(x509.MarshalECPrivateKey(p224)))
	add("EC PRIVATE KEY", get(x509.MarshalECPrivateKey(p256)))
	add("EC PRIVATE KEY", get(x509.MarshalECPrivateKey(p384)))
	add("EC PRIVATE KEY", get(x509.MarshalECPrivateKey(p521)))
	add("PRIVATE KEY", get(x509.MarshalPKCS8PrivateKey(x25519)))
	sound := len(blocks)
	add("EC PRIVATE KEY", get(x509.MarshalPKCS8PrivateKey(p256)))
	add("PRIVATE KEY", get(x509.MarshalECPrivateKey(p256)))
	add("RSA PRIVATE KEY", get(x509.MarshalPKCS8PrivateKey(rsa1024)))
	add("RSA PRIVATE KEY", get(x509.MarshalECPrivateKey(p256)))
	add("PRIVATE KEY", x509.MarshalPKCS1PrivateKey(rsa1024))
	add("CERTIFICATE", certs[0])
	add("PUBLIC KEY", get(x509.MarshalPKIXPublicKey(edw.Public())))
	broken := *rsa1024
	broken.Precomputed.Dp = rsa1024.Precomputed.Dq
	add("RSA PRIVATE KEY", marshalled(broken.N, broken.E, broken.D, broken.Primes[0], broken.Primes[1], broken.Precomputed.Dp, broken.Precomputed.Dq, broken.Precomputed.Qinv))
	add("RSA PRIVATE KEY", marshalled(rsa1024.N, rsa1024.E, rsa1024.D, rsa1024.Primes[0], rsa1024.Primes[0], nil, nil, nil))
	add("RSA PRIVATE KEY", marshalled(rsa1024.N, 2, rsa1024.D, rsa1024.Primes[0], rsa1024.Primes[1], nil, nil, nil))
	add("RSA PRIVATE KEY", marshalled(rsa1024.N, 3, rsa1024.D, rsa1024.Primes[0], rsa1024.Primes[1], nil, nil, nil))
	for i, text := range blocks {
		for _, given := range []string{text, base64.StdEncoding.EncodeToString([]byte(text))} {
			call(keys, given)
			call(first, given)
		}
		if i < sound {
			der, _ := pem.Decode([]byte(text))
			for range 4 {
				changed := block(der.Type, mutated(der.Bytes[:min(len(der.Bytes), 60)]))
				call(keys, changed)
			}
		}
	}
	call(keys, blocks[4]+blocks[7]+"words\n"+blocks[0])
	for _, text := range []string{"", "junk", "-----BEGIN", "AAAA", blocks[4][:40]} {
		call(keys, text)
		call(first, text)
	}
	call(keys, 1)
	call(first, 1)
	own := func(index int) string { return block("CERTIFICATE", certs[index]) }
	for i, s := range signers {
		call(pair, own(i), blocks[i])
		call(pair, base64.StdEncoding.EncodeToString(certs[i]), base64.StdEncoding.EncodeToString(get(x509.MarshalPKCS8PrivateKey(s.key))))
	}
	call(pair, own(0), blocks[8])
	call(pair, own(4), blocks[10])
	call(pair, own(4)+own(7), blocks[4])
	for _, given := range [][2]string{
		{own(0), blocks[1]}, {own(0), blocks[4]}, {own(4), blocks[7]}, {own(7), blocks[4]}, {own(7), blocks[13]},
		{blocks[0], own(0)}, {own(0), own(0)}, {"", ""}, {own(0), ""}, {own(0), "!"}, {"!", blocks[0]},
		{block("X", []byte{1}), blocks[0]}, {own(0), block("X", []byte{1})}, {own(0), block("PRIVATE KEY", []byte{1})},
		{block("CERTIFICATE", []byte{1}), blocks[0]}, {own(0) + "x", "words\n" + blocks[0]},
	} {
		call(pair, given[0], given[1])
	}
	call(pair, 1, "")
	call(pair, "", 1)
}
