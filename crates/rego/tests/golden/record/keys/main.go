// Command keys writes calls of built-ins that read keys, certificates and signed tokens, made
// afresh, for the calls command to record:
//
//	go run ./keys | go run ./calls | grep -v '"crash":true' > ../calls/keys.jsonl
//
// A call that OPA crashes on is none to repeat. With `private` it writes private keys, which
// ../signing_keys.json holds; what is signed with them the test of signed tokens names, for the
// calls command to record.
package main

import (
	"crypto"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"hash"
	"math/big"
	mrand "math/rand"
	"net"
	"net/url"
	"os"
	"time"
)

var out = json.NewEncoder(os.Stdout)

func call(function string, args ...any) {
	must(out.Encode(map[string]any{"function": function, "args": args}))
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func get[T any](value T, err error) T {
	must(err)
	return value
}

func block(label string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: label, Bytes: der}))
}

type signer struct {
	name string
	key  crypto.Signer
}

var random = mrand.New(mrand.NewSource(1))

func link(text string) *url.URL { return get(url.Parse(text)) }

func subnet(text string) *net.IPNet {
	_, subnet, err := net.ParseCIDR(text)
	must(err)
	return subnet
}

func year(n int) time.Time { return time.Date(n, 2, 3, 4, 5, 6, 0, time.UTC) }

func template(name string) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: big.NewInt(random.Int63()),
		Subject:      pkix.Name{CommonName: name},
		NotBefore:    year(2020),
		NotAfter:     year(2120),
	}
}

func authority(name string) *x509.Certificate {
	t := template(name)
	t.BasicConstraintsValid, t.IsCA = true, true
	t.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageCRLSign
	return t
}

func server(name string) *x509.Certificate {
	t := template(name)
	t.DNSNames = []string{name}
	t.KeyUsage = x509.KeyUsageDigitalSignature
	t.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	return t
}

func selfSigned(t *x509.Certificate, key crypto.Signer) []byte {
	return get(x509.CreateCertificate(rand.Reader, t, t, key.Public(), key))
}

func signed(t, parent *x509.Certificate, key, by crypto.Signer) []byte {
	return get(x509.CreateCertificate(rand.Reader, t, parent, key.Public(), by))
}

var (
	rsa1024   = get(rsa.GenerateKey(rand.Reader, 1024))
	rsa2048   = get(rsa.GenerateKey(rand.Reader, 2048))
	rsaOdd    = get(rsa.GenerateKey(rand.Reader, 1029))
	p224      = get(ecdsa.GenerateKey(elliptic.P224(), rand.Reader))
	p256      = get(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	p384      = get(ecdsa.GenerateKey(elliptic.P384(), rand.Reader))
	p521      = get(ecdsa.GenerateKey(elliptic.P521(), rand.Reader))
	_, edw, _ = ed25519.GenerateKey(rand.Reader)
	x25519    = get(ecdh.X25519().GenerateKey(rand.Reader))
	signers   = []signer{
		{"rsa1024", rsa1024}, {"rsa2048", rsa2048}, {"rsa1029", rsaOdd}, {"p224", p224},
		{"p256", p256}, {"p384", p384}, {"p521", p521}, {"ed25519", edw},
	}
)

func oid(numbers ...uint64) x509.OID { return get(x509.OIDFromInts(numbers)) }

func rich() *x509.Certificate {
	t := authority("rich")
	t.Subject = pkix.Name{
		Country: []string{"CZ", "AT"}, Organization: []string{"Ünïcode & <Sons>"},
		OrganizationalUnit: []string{"a", "b"}, Locality: []string{"Brno"},
		Province: []string{"JM"}, StreetAddress: []string{"Main 1"}, PostalCode: []string{"60200"},
		SerialNumber: "42", CommonName: "rich*",
		ExtraNames: []pkix.AttributeTypeAndValue{
			{Type: asn1.ObjectIdentifier{0, 9, 2342, 19200300, 100, 1, 25}, Value: "example"},
			{Type: asn1.ObjectIdentifier{2, 5, 4, 3}, Value: "second name"},
		},
	}
	t.SerialNumber, _ = new(big.Int).SetString("123456789012345678901234567890", 10)
	t.DNSNames = []string{"a.example", "*.b.example"}
	t.EmailAddresses = []string{"a@b.example"}
	t.IPAddresses = []net.IP{net.IPv4(10, 0, 0, 1), net.ParseIP("2001:db8::1"), net.ParseIP("::1.2.3.4")}
	t.URIs = []*url.URL{
		link("https://user:p%40w@a.example:8443/p%20q/%2Fr?x=1&y=%3C#f%20g"), link("spiffe://td/ns/x"),
		link("urn:uuid:1-2-3"), link("https://a.example?"), link("mailto:a@b.example"),
		link("file:/etc/hosts"), link("/only/path"), link("https://a.example/#fr!a(g)"),
		link("http://[2001:db8::1]:80/"), link("x://h/a?b?c"), link("//host/p"),
	}
	t.MaxPathLen, t.MaxPathLenZero = 0, true
	t.PermittedDNSDomainsCritical = true
	t.PermittedDNSDomains, t.ExcludedDNSDomains = []string{".example", ""}, []string{"bad.example"}
	t.PermittedIPRanges, t.ExcludedIPRanges = []*net.IPNet{subnet("10.0.0.0/8")}, []*net.IPNet{subnet("2001:db8::/32")}
	t.PermittedEmailAddresses, t.ExcludedEmailAddresses = []string{"a@b.example", ".c"}, []string{"x.example"}
	t.PermittedURIDomains, t.ExcludedURIDomains = []string{"a.example"}, []string{".evil.example"}
	t.CRLDistributionPoints = []string{"http://crl.example/1", "ldap://crl.example/2"}
	t.OCSPServer, t.IssuingCertificateURL = []string{"http://ocsp.example"}, []string{"http://ca.example/ca.crt"}
	t.Policies = []x509.OID{oid(2, 5, 29, 32, 0), oid(1, 2, 3, 4), oid(2, 999, 1<<40)}
	t.ExtKeyUsage = []x509.ExtKeyUsage{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13}
	t.UnknownExtKeyUsage = []asn1.ObjectIdentifier{{1, 2, 3}, {2, 999, 3}}
	t.SubjectKeyId = []byte{1, 2, 3, 4}
	return t
}

func extension(critical bool, id []int, value []byte) pkix.Extension {
	return pkix.Extension{Id: id, Critical: critical, Value: value}
}

func certificates() [][]byte {
	var all [][]byte
	for _, s := range signers {
		all = append(all, selfSigned(template(s.name), s.key))
	}
	for _, algorithm := range []x509.SignatureAlgorithm{
		x509.SHA1WithRSA, x509.SHA384WithRSA, x509.SHA512WithRSA,
		x509.SHA256WithRSAPSS, x509.SHA384WithRSAPSS,
	} {
		t := template("algorithm")
		t.SignatureAlgorithm = algorithm
		all = append(all, selfSigned(t, rsa1024))
	}
	t := template("sha512 pss")
	t.SignatureAlgorithm = x509.SHA512WithRSAPSS
	all = append(all, selfSigned(t, rsa2048))
	all = append(all, selfSigned(rich(), edw), selfSigned(server("server.example"), edw))
	for _, e := range []pkix.Extension{
		extension(true, []int{1, 2, 3, 4}, []byte{5, 0}),
		extension(false, []int{2, 999, 4}, nil),
		extension(true, []int{2, 5, 29, 17}, []byte{0x30, 2, 0x88, 0}),
		extension(false, []int{2, 5, 29, 17}, []byte{0x30, 3, 0x82, 1, 0xff}),
		extension(false, []int{2, 5, 29, 17}, []byte{0x30, 5, 0x87, 3, 1, 2, 3}),
		extension(false, []int{2, 5, 29, 17}, []byte("\x30\x0b\x86\x09http://a b")),
		extension(false, []int{2, 5, 29, 17}, []byte("\x30\x09\x86\x07http://")),
		extension(true, []int{2, 5, 29, 14}, []byte{4, 1, 1}),
		extension(true, []int{2, 5, 29, 35}, []byte{0x30, 0}),
		extension(false, []int{2, 5, 29, 35}, []byte{0x30, 0}),
		extension(false, []int{2, 5, 29, 35}, []byte{0x30, 2, 0x80, 0}),
		extension(false, []int{2, 5, 29, 36}, []byte{0x30, 6, 0x80, 1, 0, 0x81, 1, 3}),
		extension(true, []int{2, 5, 29, 54}, []byte{2, 1, 0}),
		extension(true, []int{2, 5, 29, 33}, []byte{0x30, 10, 0x30, 8, 6, 2, 42, 3, 6, 2, 42, 4}),
		extension(true, []int{2, 5, 29, 30}, []byte{0x30, 0}),
		extension(true, []int{2, 5, 29, 30}, []byte{0x30, 8, 0xa0, 6, 0x30, 4, 0x88, 2, 42, 3}),
		extension(true, []int{2, 5, 29, 30}, []byte("\x30\x0a\xa0\x08\x30\x06\x82\x04a..b")),
		extension(true, []int{2, 5, 29, 30}, []byte("\x30\x0e\xa0\x0c\x30\x0a\x87\x08\x0a\x00\x00\x00\xff\x00\xff\x00")),
		extension(true, []int{2, 5, 29, 30}, []byte("\x30\x0d\xa1\x0b\x30\x09\x86\x071.2.3.4")),
		extension(false, []int{2, 5, 29, 19}, []byte{0x30, 3, 2, 1, 5}),
		extension(false, []int{2, 5, 29, 19}, []byte{0x30, 3, 1, 1, 1}),
		extension(false, []int{2, 5, 29, 15}, []byte{3, 3, 7, 0xff, 0x80}),
		extension(false, []int{2, 5, 29, 31}, []byte{0x30, 2, 0x30, 0}),
		extension(false, []int{2, 5, 29, 32}, []byte{0x30, 8, 0x30, 6, 6, 4, 42, 3, 4, 0x80}),
		extension(false, []int{2, 5, 29, 32}, []byte{0x30, 0}),
		extension(true, []int{1, 3, 6, 1, 5, 5, 7, 1, 1}, []byte{0x30, 0}),
	} {
		t := template("extension")
		t.ExtraExtensions = []pkix.Extension{e}
		der, err := x509.CreateCertificate(rand.Reader, t, t, edw.Public(), edw)
		if err == nil || len(der) > 0 {
			all = append(all, der)
			continue
		}
		// Go does not sign what it would not read; the extension is put in place of another.
		t.ExtraExtensions = []pkix.Extension{extension(e.Critical, []int{1, 2, 3, 4}, make([]byte, len(e.Value)))}
		der = get(x509.CreateCertificate(rand.Reader, t, t, edw.Public(), edw))
		all = append(all, replaced(der, t.ExtraExtensions[0], e))
	}
	return all
}

// replaced puts an extension in the place of another, and mends lengths where it can; where the
// lengths of both differ the certificate is broken, which is a case, too.
func replaced(der []byte, from, to pkix.Extension) []byte {
	a, b := get(asn1.Marshal(from)), get(asn1.Marshal(to))
	for i := range der {
		if i+len(a) <= len(der) && string(der[i:i+len(a)]) == string(a) {
			return append(append(append([]byte{}, der[:i]...), b...), der[i+len(a):]...)
		}
	}
	return der
}

func mutated(der []byte) []byte {
	changed := append([]byte{}, der...)
	for range 1 + random.Intn(2) {
		at := random.Intn(len(changed))
		switch random.Intn(3) {
		case 0:
			changed[at] ^= 1 << random.Intn(8)
		case 1:
			changed[at] = byte(random.Intn(256))
		default:
			changed[at] += byte(random.Intn(3)) - 1
		}
	}
	return changed
}

func parsing(all [][]byte, mutants int) {
	const parse = "crypto.x509.parse_certificates"
	for _, der := range all {
		call(parse, base64.StdEncoding.EncodeToString(der))
	}
	first, second := block("CERTIFICATE", all[3]), block("CERTIFICATE", all[7])
	for _, text := range []string{
		first, first + second, "words\n" + first, first + "words", "", "-----BEGIN", "!",
		block("PUBLIC KEY", all[3]), first + block("PUBLIC KEY", all[3]), "AA==",
		base64.StdEncoding.EncodeToString([]byte(first)), first[:len(first)-5],
	} {
		call(parse, text)
	}
	for range mutants {
		der := all[random.Intn(len(all))]
		if random.Intn(2) == 0 {
			der = all[7]
		}
		call(parse, base64.StdEncoding.EncodeToString(mutated(der)))
	}
}

func main() {
	mutants := 150
	switch {
	case len(os.Args) > 1 && os.Args[1] == "private":
		must(out.Encode(map[string]any{
			"RSA": private(rsa2048), "P-256": private(p256), "P-384": private(p384), "P-521": private(p521),
		}))
		return
	case len(os.Args) > 1:
		mutants = 3000
	}
	all := certificates()
	parsing(all, mutants)
	chains()
	requests()
	privateKeys(all)
	tokens()
}

func digest(h hash.Hash, message string) []byte {
	h.Write([]byte(message))
	return h.Sum(nil)
}

var hashes = map[string]struct {
	hash crypto.Hash
	new  func() hash.Hash
}{
	"256": {crypto.SHA256, sha256.New}, "384": {crypto.SHA384, sha512.New384}, "512": {crypto.SHA512, sha512.New},
}
