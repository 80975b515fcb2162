package main

import (
	"crypto"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"math/big"
	"net"
	"net/url"
	"time"
)

const (
	verify  = "crypto.x509.parse_and_verify_certificates"
	options = "crypto.x509.parse_and_verify_certificates_with_options"
)

func bundle(ders ...[]byte) string {
	text := ""
	for _, der := range ders {
		text += block("CERTIFICATE", der)
	}
	return text
}

// made makes a chain: each certificate is signed by the one before it.
func made(keys []crypto.Signer, templates ...*x509.Certificate) [][]byte {
	ders := [][]byte{selfSigned(templates[0], keys[0])}
	for i := 1; i < len(templates); i++ {
		parent := templates[i-1]
		if parent.SubjectKeyId == nil && parent.IsCA {
			parent = get(x509.ParseCertificate(ders[i-1]))
		}
		ders = append(ders, signed(templates[i], parent, keys[i%len(keys)], keys[(i-1)%len(keys)]))
	}
	return ders
}

func short(t *x509.Certificate, from, to int) *x509.Certificate {
	t.NotBefore, t.NotAfter = year(from), year(to)
	return t
}

func with(t *x509.Certificate, change func(*x509.Certificate)) *x509.Certificate {
	change(t)
	return t
}

func chains() {
	ed := []crypto.Signer{edw}
	mixed := []crypto.Signer{p256, rsa1024, edw, p384, p521, p224}
	plain := made(ed, authority("root"), server("a.example"))
	three := made(mixed, authority("root"), authority("middle"), server("a.example"))
	long := made(mixed, authority("1"), authority("2"), authority("3"), authority("4"), authority("5"), server("a.example"))
	for _, text := range []string{
		bundle(plain...), bundle(three...), bundle(long...), bundle(three[0], three[2]),
		bundle(three[2], three[1], three[0]), bundle(long[0], long[4], long[3], long[2], long[1], long[5]),
		bundle(long[0], long[1], long[1], long[2], long[3], long[4], long[5]),
		bundle(plain[0]), "", "junk", base64.StdEncoding.EncodeToString([]byte(bundle(plain...))),
		base64.StdEncoding.EncodeToString(append(append([]byte{}, plain[0]...), plain[1]...)),
		bundle(plain[0], plain[0]), bundle(plain[1], plain[1]), bundle(plain[0], three[2]),
	} {
		call(verify, text)
		call(options, text, map[string]any{})
	}
	changes := map[string]func(root, middle, leaf *x509.Certificate){
		"no authority":       func(_, m, _ *x509.Certificate) { m.IsCA, m.KeyUsage = false, 0 },
		"no constraints":     func(_, m, _ *x509.Certificate) { m.IsCA, m.BasicConstraintsValid, m.KeyUsage = false, false, 0 },
		"root not authority": func(r, _, _ *x509.Certificate) { r.IsCA, r.BasicConstraintsValid, r.KeyUsage = false, false, 0 },
		"no signing":         func(_, m, _ *x509.Certificate) { m.KeyUsage = x509.KeyUsageCRLSign },
		"no usage":           func(_, m, _ *x509.Certificate) { m.KeyUsage = 0 },
		"path 0":             func(r, _, _ *x509.Certificate) { r.MaxPathLen, r.MaxPathLenZero = 0, true },
		"path 1":             func(r, _, _ *x509.Certificate) { r.MaxPathLen = 1 },
		"middle path 0":      func(_, m, _ *x509.Certificate) { m.MaxPathLen, m.MaxPathLenZero = 0, true },
		"expired":            func(_, _, l *x509.Certificate) { short(l, 2001, 2002) },
		"middle expired":     func(_, m, _ *x509.Certificate) { short(m, 2001, 2002) },
		"root expired":       func(r, _, _ *x509.Certificate) { short(r, 2001, 2002) },
		"future":             func(_, _, l *x509.Certificate) { short(l, 2100, 2101) },
		"client":             func(_, _, l *x509.Certificate) { l.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} },
		"any usage":          func(_, _, l *x509.Certificate) { l.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageAny} },
		"no extended usage":  func(_, _, l *x509.Certificate) { l.ExtKeyUsage = nil },
		"middle for clients": func(_, m, _ *x509.Certificate) { m.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} },
		"unknown critical": func(_, m, _ *x509.Certificate) {
			m.ExtraExtensions = []pkix.Extension{extension(true, []int{1, 2, 3, 4}, []byte{5, 0})}
		},
		"permitted":          func(r, _, _ *x509.Certificate) { r.PermittedDNSDomains = []string{"example"} },
		"permitted other":    func(r, _, _ *x509.Certificate) { r.PermittedDNSDomains = []string{"other.test"} },
		"permitted with dot": func(_, m, _ *x509.Certificate) { m.PermittedDNSDomains = []string{".a.example"} },
		"excluded":           func(_, m, _ *x509.Certificate) { m.ExcludedDNSDomains = []string{"A.Example"} },
		"excluded below": func(_, m, l *x509.Certificate) {
			m.ExcludedDNSDomains, l.DNSNames = []string{"b.a.example"}, []string{"*.a.example"}
		},
		"permitted wildcard": func(_, m, l *x509.Certificate) {
			m.PermittedDNSDomains, l.DNSNames = []string{"a.example"}, []string{"*.a.example"}
		},
		"permitted address": func(_, m, l *x509.Certificate) {
			m.PermittedIPRanges, l.IPAddresses = []*net.IPNet{subnet("10.0.0.0/8")}, []net.IP{net.IPv4(10, 2, 3, 4)}
		},
		"no such address": func(_, m, l *x509.Certificate) {
			m.PermittedIPRanges, l.IPAddresses = []*net.IPNet{subnet("10.0.0.0/8")}, []net.IP{net.IPv4(11, 2, 3, 4)}
		},
		"address of other": func(_, m, l *x509.Certificate) {
			m.PermittedIPRanges, l.IPAddresses = []*net.IPNet{subnet("10.0.0.0/8")}, []net.IP{net.ParseIP("2001:db8::1")}
		},
		"excluded address": func(_, m, l *x509.Certificate) {
			m.ExcludedIPRanges, l.IPAddresses = []*net.IPNet{subnet("2001:db8::/32")}, []net.IP{net.ParseIP("2001:db8::1")}
		},
		"permitted mail": func(_, m, l *x509.Certificate) {
			m.PermittedEmailAddresses, l.EmailAddresses = []string{"b.example"}, []string{"a@B.example"}
		},
		"permitted mailbox": func(_, m, l *x509.Certificate) {
			m.PermittedEmailAddresses, l.EmailAddresses = []string{"a@b.example"}, []string{"a@B.example"}
		},
		"other mailbox": func(_, m, l *x509.Certificate) {
			m.PermittedEmailAddresses, l.EmailAddresses = []string{"a@b.example"}, []string{"A@b.example"}
		},
		"excluded mail": func(_, m, l *x509.Certificate) {
			m.ExcludedEmailAddresses, l.EmailAddresses = []string{".b.example"}, []string{"a@c.b.example"}
		},
		"bad mail": func(_, m, l *x509.Certificate) {
			m.ExcludedEmailAddresses, l.EmailAddresses = []string{".b.example"}, []string{"no mail"}
		},
		"permitted url": func(_, m, l *x509.Certificate) {
			m.PermittedURIDomains, l.URIs = []string{"b.example"}, []*url.URL{link("spiffe://a.b.example/x")}
		},
		"permitted url port": func(_, m, l *x509.Certificate) {
			m.PermittedURIDomains, l.URIs = []string{"b.example"}, []*url.URL{link("https://B.example:443/x")}
		},
		"other url": func(_, m, l *x509.Certificate) {
			m.PermittedURIDomains, l.URIs = []string{"b.example"}, []*url.URL{link("https://c.example/x")}
		},
		"address url": func(_, m, l *x509.Certificate) {
			m.PermittedURIDomains, l.URIs = []string{"b.example"}, []*url.URL{link("https://10.0.0.1/x")}
		},
		"no host url": func(_, m, l *x509.Certificate) {
			m.ExcludedURIDomains, l.URIs = []string{"b.example"}, []*url.URL{link("urn:a")}
		},
		"policies required": func(_, m, _ *x509.Certificate) { m.ExtraExtensions = []pkix.Extension{required()} },
		"policies given": func(_, m, l *x509.Certificate) {
			m.ExtraExtensions = []pkix.Extension{required()}
			m.Policies, l.Policies = []x509.OID{oid(1, 2, 3)}, []x509.OID{oid(1, 2, 3)}
		},
		"policies differ": func(_, m, l *x509.Certificate) {
			m.ExtraExtensions = []pkix.Extension{required()}
			m.Policies, l.Policies = []x509.OID{oid(1, 2, 3)}, []x509.OID{oid(1, 2, 4)}
		},
		"any policy": func(_, m, l *x509.Certificate) {
			m.ExtraExtensions = []pkix.Extension{required()}
			m.Policies, l.Policies = []x509.OID{oid(2, 5, 29, 32, 0)}, []x509.OID{oid(1, 2, 4)}
		},
		"any policy inhibited": func(_, m, l *x509.Certificate) {
			m.ExtraExtensions = []pkix.Extension{required(), extension(false, []int{2, 5, 29, 54}, []byte{2, 1, 0})}
			m.Policies, l.Policies = []x509.OID{oid(1, 2, 3)}, []x509.OID{oid(2, 5, 29, 32, 0)}
		},
		"policy mapped": func(_, m, l *x509.Certificate) {
			m.ExtraExtensions = []pkix.Extension{required(), mapping(3, 4)}
			m.Policies, l.Policies = []x509.OID{oid(1, 2, 3)}, []x509.OID{oid(1, 2, 4)}
		},
		"policy mapped elsewhere": func(_, m, l *x509.Certificate) {
			m.ExtraExtensions = []pkix.Extension{required(), mapping(3, 5)}
			m.Policies, l.Policies = []x509.OID{oid(1, 2, 3)}, []x509.OID{oid(1, 2, 4)}
		},
		"mapped from any": func(_, m, l *x509.Certificate) {
			m.ExtraExtensions = []pkix.Extension{required(), mapping(3, 4)}
			m.Policies, l.Policies = []x509.OID{oid(2, 5, 29, 32, 0)}, []x509.OID{oid(1, 2, 4)}
		},
		"mapping inhibited": func(_, m, l *x509.Certificate) {
			m.ExtraExtensions = []pkix.Extension{extension(true, []int{2, 5, 29, 36}, []byte{0x30, 6, 0x80, 1, 0, 0x81, 1, 0}), mapping(3, 4)}
			m.Policies, l.Policies = []x509.OID{oid(1, 2, 3)}, []x509.OID{oid(1, 2, 4)}
		},
		"sha1":           func(_, _, l *x509.Certificate) { l.SignatureAlgorithm = x509.ECDSAWithSHA1 },
		"key ids differ": func(_, m, l *x509.Certificate) { m.SubjectKeyId, l.AuthorityKeyId = []byte{1}, []byte{2} },
	}
	names := make([]string, 0, len(changes))
	for name := range changes {
		names = append(names, name)
	}
	for _, name := range names {
		root, middle, leaf := authority("root"), authority("middle"), server("a.example")
		leaf.Subject.Organization = []string{name}
		changes[name](root, middle, leaf)
		keys := []crypto.Signer{p256, p256, edw}
		rootDer := selfSigned(root, keys[0])
		middleDer := signed(middle, root, keys[1], keys[0])
		parent := get(x509.ParseCertificate(middleDer))
		if len(middle.SubjectKeyId) == 1 {
			parent.SubjectKeyId = []byte{2}
		}
		leafDer := signed(leaf, parent, keys[2], keys[1])
		text := bundle(rootDer, middleDer, leafDer)
		call(verify, text)
		call(options, text, map[string]any{"KeyUsages": []string{"KeyUsageClientAuth"}})
		call(options, text, map[string]any{"KeyUsages": []string{"KeyUsageAny"}, "CurrentTime": year(2001).Add(time.Hour).UnixNano()})
	}
	host := with(server("a.example"), func(t *x509.Certificate) {
		t.DNSNames = []string{"a.example", "*.b.example", "C.example", "under_score", "odd name", "dot.example."}
		t.IPAddresses = []net.IP{net.IPv4(10, 0, 0, 1), net.ParseIP("2001:db8::1")}
	})
	text := bundle(made(ed, authority("root"), host)...)
	for _, name := range []string{
		"a.example", "A.Example", "a.example.", "x.b.example", "x.y.b.example", "b.example", "c.example",
		"under_score", "odd name", "dot.example", "dot.example.", "10.0.0.1", "[10.0.0.1]", "10.0.0.2",
		"2001:db8::1", "[2001:db8::1]", "::ffff:10.0.0.1", "2001:db8::1%eth0", "*.b.example", "", "\"a.example\"", ".", "[]",
	} {
		call(options, text, map[string]any{"DNSName": name})
	}
	at := func(moment time.Time) map[string]any { return map[string]any{"CurrentTime": moment.UnixNano()} }
	for _, given := range []map[string]any{
		at(year(2020)), at(year(2020).Add(-1)), at(year(2120)), at(year(2120).Add(1)), {"CurrentTime": 0},
		{"CurrentTime": "now"}, {"CurrentTime": 1.5}, {"CurrentTime": 1e30}, {"DNSName": 1}, {"MaxConstraintComparisons": 5},
		{"MaxConstraintComparisons": "5"}, {"KeyUsages": []string{"KeyUsageServerAuth", "\"KeyUsageAny\""}},
		{"KeyUsages": map[string]any{"$set": []string{"KeyUsageCodeSigning"}}}, {"KeyUsages": []any{}},
		{"KeyUsages": []string{"Server", "KeyUsageAny", "x"}}, {"KeyUsages": "KeyUsageAny"}, {"KeyUsages": []any{1}}, {"Roots": 1},
	} {
		call(options, text, given)
		call(options, "junk", given)
	}
	call(verify, 1)
	call(options, 1, map[string]any{})
	call(options, text, 1)
	huge := with(server("a.example"), func(t *x509.Certificate) { t.SerialNumber = new(big.Int).Lsh(big.NewInt(1), 150) })
	call(verify, bundle(made(ed, authority("root"), huge)...))
}

func required() pkix.Extension {
	return extension(true, []int{2, 5, 29, 36}, []byte{0x30, 3, 0x80, 1, 0})
}

func mapping(from, to byte) pkix.Extension {
	return extension(true, []int{2, 5, 29, 33}, []byte{0x30, 10, 0x30, 8, 6, 2, 42, from, 6, 2, 42, to})
}
