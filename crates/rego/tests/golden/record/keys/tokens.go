package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"strings"
)

func raw(bytes []byte) string { return base64.RawURLEncoding.EncodeToString(bytes) }

func marshalled(n *big.Int, e int, d, p, q, dp, dq, qi *big.Int) []byte {
	if dp == nil {
		return get(asn1.Marshal(struct {
			V       int
			N       *big.Int
			E       int
			D, P, Q *big.Int
		}{0, n, e, d, p, q}))
	}
	return get(asn1.Marshal(struct {
		V                   int
		N                   *big.Int
		E                   int
		D, P, Q, Dp, Dq, Qi *big.Int
	}{0, n, e, d, p, q, dp, dq, qi}))
}

func sized(curve elliptic.Curve, n *big.Int) []byte {
	return n.FillBytes(make([]byte, (curve.Params().BitSize+7)/8))
}

// signature signs as an algorithm has it, whatever the key.
func signature(algorithm string, key any, message string) []byte {
	switch key := key.(type) {
	case *rsa.PrivateKey:
		h := hashes[algorithm[2:]]
		sum := digest(h.new(), message)
		if algorithm[0] == 'P' {
			salt := rsa.PSSSaltLengthEqualsHash
			if strings.HasSuffix(message, ".") {
				salt = 7
			}
			return get(rsa.SignPSS(rand.Reader, key, h.hash, sum, &rsa.PSSOptions{SaltLength: salt}))
		}
		return get(rsa.SignPKCS1v15(rand.Reader, key, h.hash, sum))
	case *ecdsa.PrivateKey:
		r, s, err := ecdsa.Sign(rand.Reader, key, digest(hashes[algorithm[2:]].new(), message))
		must(err)
		return append(sized(key.Curve, r), sized(key.Curve, s)...)
	case ed25519.PrivateKey:
		return ed25519.Sign(key, []byte(message))
	case []byte:
		mac := hmac.New(hashes[algorithm[2:]].new, key)
		mac.Write([]byte(message))
		return mac.Sum(nil)
	}
	panic("key")
}

func token(algorithm string, key any, header map[string]any, payload string) string {
	header["alg"] = algorithm
	message := raw(get(json.Marshal(header))) + "." + raw([]byte(payload))
	return message + "." + raw(signature(algorithm, key, message))
}

func public(key crypto.PublicKey) map[string]any {
	switch key := key.(type) {
	case *rsa.PublicKey:
		return map[string]any{"kty": "RSA", "n": raw(key.N.Bytes()), "e": raw(big.NewInt(int64(key.E)).Bytes())}
	case *ecdsa.PublicKey:
		return map[string]any{"kty": "EC", "crv": key.Params().Name, "x": raw(sized(key.Curve, key.X)), "y": raw(sized(key.Curve, key.Y))}
	case ed25519.PublicKey:
		return map[string]any{"kty": "OKP", "crv": "Ed25519", "x": raw(key)}
	}
	panic("key")
}

func private(key any) map[string]any {
	switch key := key.(type) {
	case *rsa.PrivateKey:
		k := public(key.Public())
		k["d"], k["p"], k["q"] = raw(key.D.Bytes()), raw(key.Primes[0].Bytes()), raw(key.Primes[1].Bytes())
		k["dp"], k["dq"], k["qi"] = raw(key.Precomputed.Dp.Bytes()), raw(key.Precomputed.Dq.Bytes()), raw(key.Precomputed.Qinv.Bytes())
		return k
	case *ecdsa.PrivateKey:
		k := public(key.Public())
		k["d"] = raw(sized(key.Curve, key.D))
		return k
	case ed25519.PrivateKey:
		k := public(key.Public())
		k["d"] = raw(key.Seed())
		return k
	case []byte:
		return map[string]any{"kty": "oct", "k": raw(key)}
	}
	panic("key")
}

func text(value any) string { return string(get(json.Marshal(value))) }

func and(m map[string]any, more ...any) map[string]any {
	merged := map[string]any{}
	for k, v := range m {
		merged[k] = v
	}
	for i := 0; i < len(more); i += 2 {
		merged[more[i].(string)] = more[i+1]
	}
	return merged
}

func set(keys ...map[string]any) string { return text(map[string]any{"keys": keys}) }

const (
	decode = "io.jwt.decode_verify"
	sign   = "io.jwt.encode_sign"
	sign2  = "io.jwt.encode_sign_raw"
)

func verifier(algorithm string) string { return "io.jwt.verify_" + strings.ToLower(algorithm) }

func tokens() {
	algorithms := map[string][]crypto.Signer{
		"RS256": {rsa2048, rsa1024, rsaOdd}, "RS384": {rsa2048, rsaOdd}, "RS512": {rsa2048},
		"PS256": {rsa2048, rsa1024, rsaOdd}, "PS384": {rsa2048, rsaOdd}, "PS512": {rsa2048},
		"ES256": {p256, p224, p384, p521}, "ES384": {p384, p256, p224, p521}, "ES512": {p521, p256, p384, p224},
		"EdDSA": {edw},
	}
	names := []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}
	for _, name := range names {
		for _, key := range algorithms[name] {
			good := token(name, key, map[string]any{"typ": "JWT"}, `{"iss":"me"}`)
			odd := token(name, key, map[string]any{}, "")
			spki := block("PUBLIC KEY", get(x509.MarshalPKIXPublicKey(key.Public())))
			pemCert := block("CERTIFICATE", selfSigned(template("signer"), key))
			keys := []string{spki, pemCert}
			if key != crypto.Signer(p224) {
				keys = append(keys, text(public(key.Public())), set(and(public(key.Public()), "kid", "x", "alg", name)), text(private(key)))
			}
			for _, k := range keys {
				call(verifier(name), good, k)
				call(decode, good, map[string]any{"cert": k})
			}
			call(verifier(name), odd, spki)
			bad := good[:len(good)-12] + "AAAAAAAAAAAA"
			call(verifier(name), bad, spki)
			call(verifier(name), good+"A", spki)
			call(verifier(name), strings.Replace(good, ".", ".e30", 1), spki)
			call(decode, bad, map[string]any{"cert": spki})
			for _, other := range names {
				if other != name {
					call(verifier(other), good, spki)
				}
			}
		}
	}
	good := token("ES256", p256, map[string]any{"kid": "b"}, `{"iss":"me","aud":["x","y"],"exp":2000000000,"nbf":1000000000}`)
	ours := public(p256.Public())
	theirs := public(p384.Public())
	for _, k := range []string{
		set(and(ours, "kid", "b")), set(and(theirs, "kid", "b"), ours), set(and(theirs, "kid", "a"), and(ours, "kid", "c")),
		set(and(ours, "alg", "ES384")), set(and(ours, "alg", "RSA-OAEP")), set(and(ours, "alg", "nosuch")), set(),
		set(and(ours, "alg", "ES256")), set(and(ours, "alg", "Ed25519")), set(and(ours, "kty", "XX")), set(and(ours, "crv", "P-999")),
		set(and(ours, "x", "AAAA")), set(and(ours, "y", ours["x"])), set(and(ours, "x", "!!!")), set(and(ours, "x", 1)), set(and(ours, "kid", 1)),
		`{"keys":{}}`, `{"keys":[1]}`, `[]`, `{}`, `1`, "", "{", set(map[string]any{"kty": "RSA", "n": "AQAB"}), set(map[string]any{"kty": "RSA", "n": "AQAB", "e": "Ag"}),
		set(map[string]any{"kty": "oct", "k": ""}), set(map[string]any{"kty": "oct"}), set(map[string]any{"kty": "OKP", "crv": "Ed25519", "x": "AAAA"}),
		set(map[string]any{"kty": "OKP", "crv": "Ed448", "x": "AAAA"}), set(map[string]any{"kty": "RSA", "n": "AQAB", "e": "AQAB", "d": "AQAB"}),
		block("CERTIFICATE", []byte{1}), block("PUBLIC KEY", []byte{1}), block("X", []byte{1}),
		block("PUBLIC KEY", get(x509.MarshalPKIXPublicKey(p256.Public()))) + "x",
		block("PUBLIC KEY", get(x509.MarshalPKIXPublicKey(x25519.Public()))),
		block("RSA PUBLIC KEY", x509.MarshalPKCS1PublicKey(&rsa1024.PublicKey)), block("PUBLIC KEY", x509.MarshalPKCS1PublicKey(&rsa1024.PublicKey)),
	} {
		call("io.jwt.verify_es256", good, k)
		call(decode, good, map[string]any{"cert": k, "aud": "x"})
	}
	secret := []byte("a secret")
	hs := func(header map[string]any, payload string) string { return token("HS256", secret, header, payload) }
	claims := `{"iss":"me","aud":"x","exp":2000000000,"nbf":1000000000.5}`
	for _, name := range []string{"HS256", "HS384", "HS512"} {
		given := token(name, secret, map[string]any{"typ": "JWT"}, claims)
		call(decode, given, map[string]any{"secret": string(secret), "aud": "x"})
		call(decode, given, map[string]any{"secret": "another", "aud": "x"})
		call(decode, given, map[string]any{"cert": set(private(secret)), "aud": "x"})
		call(decode, given, map[string]any{"cert": set(and(private(secret), "alg", "HS256")), "aud": "x"})
		call("io.jwt.verify_rs256", given, set(private(secret)))
	}
	for _, c := range []map[string]any{
		{"aud": "x"}, {}, {"aud": "z"}, {"aud": "x", "iss": "me"}, {"aud": "x", "iss": "you"}, {"aud": "x", "alg": "HS256"},
		{"aud": "x", "alg": "HS384"}, {"aud": "x", "time": 1999999999e9}, {"aud": "x", "time": json.Number("2000000000000000000")},
		{"aud": "x", "time": json.Number("1999999999999999999")}, {"aud": "x", "time": json.Number("1000000000500000000")},
		{"aud": "x", "time": json.Number("1000000000499999999")}, {"aud": "x", "time": json.Number("1000000000400000000")},
		{"aud": "x", "time": 0}, {"aud": "x", "time": -1}, {"aud": "x", "time": "now"}, {"aud": 1}, {"iss": 1}, {"alg": 1}, {"secret": 1}, {"cert": 1},
		{"nosuch": 1}, {"secret": ""}, {"cert": "x"}, {"cert": set(private(secret)), "aud": "x"},
	} {
		call(decode, hs(map[string]any{}, claims), and(map[string]any{"secret": string(secret)}, flat(c)...))
	}
	call(decode, hs(map[string]any{}, claims), map[string]any{"cert": set(private(secret)), "secret": ""})
	call(decode, hs(map[string]any{}, claims), map[string]any{})
	for _, payload := range []string{
		`{}`, `{"aud":[]}`, `{"aud":["y"]}`, `{"aud":[1,"x"]}`, `{"aud":{"x":1}}`, `{"aud":null}`, `{"exp":"x"}`, `{"nbf":"x"}`, `{"exp":null}`,
		`{"exp":1700000000}`, `{"exp":1700000000.5}`, `{"exp":1.7e9}`, `{"exp":1e400}`, `{"nbf":1700000000}`, `{"nbf":1700000001}`, `{"nbf":-1}`,
		`[]`, `1`, ``, `{`, `{"a":1,"a":2}`,
	} {
		given := hs(map[string]any{}, payload)
		call(decode, given, map[string]any{"secret": string(secret)})
		call(decode, given, map[string]any{"secret": string(secret), "aud": "x"})
	}
	for _, header := range []map[string]any{
		{"kid": 1}, {"typ": 1}, {"cty": 1}, {"crit": 1}, {"crit": []any{}}, {"crit": []any{1}}, {"crit": []any{"a", 1}}, {"crit": []any{"a"}, "a": 1},
		{"crit": []any{"exp"}}, {"crit": []any{"kid"}, "kid": "x"}, {"enc": "x"}, {"b": map[string]any{"c": 1}}, {"kid": "nosuch"},
	} {
		given := hs(header, `{}`)
		call(decode, given, map[string]any{"secret": string(secret)})
		call("io.jwt.verify_es256", given, text(ours))
		call("io.jwt.decode", given)
	}
	inner := hs(map[string]any{}, `{"in":1}`)
	for _, cty := range []string{"JWT", "jwt", "other"} {
		for _, payload := range []string{inner, "\"" + inner + "\"", `{}`, "x"} {
			call(decode, hs(map[string]any{"cty": cty}, payload), map[string]any{"secret": string(secret)})
		}
	}
	for _, given := range []any{"", "a", "a.b", "a.b.c", "..", "e30.e30.", "e30.e30.!", "!.e30.", "a.b.c.d", 1} {
		call(decode, given, map[string]any{"secret": "x"})
		call("io.jwt.verify_rs256", given, text(public(rsa1024.Public())))
		call("io.jwt.verify_eddsa", given, 1)
	}
	call(decode, inner, 1)
	none := raw([]byte(`{"alg":"none"}`)) + "." + raw([]byte(`{}`)) + "."
	call(decode, none, map[string]any{"secret": "x"})
	call(decode, none, map[string]any{"cert": text(ours)})
	call("io.jwt.verify_es256", none, text(ours))
	fully := token("EdDSA", edw, map[string]any{}, `{}`)
	message := raw([]byte(`{"alg":"Ed25519"}`)) + "." + raw([]byte(`{}`))
	named := message + "." + raw(ed25519.Sign(edw, []byte(message)))
	for _, given := range []string{fully, named} {
		call(decode, given, map[string]any{"cert": text(public(edw.Public()))})
		call("io.jwt.verify_eddsa", given, text(private(edw)))
		call("io.jwt.verify_eddsa", given, text(public(edw.Public())))
	}
	signing(secret)
}

func flat(m map[string]any) []any {
	var all []any
	for k, v := range m {
		all = append(all, k, v)
	}
	return all
}

func signing(secret []byte) {
	for _, c := range []struct {
		name string
		key  any
	}{{"HS256", secret}, {"HS384", secret}, {"HS512", secret}, {"RS256", rsa2048}, {"RS384", rsa1024}, {"RS512", rsaOdd}, {"EdDSA", edw}} {
		key := private(c.key)
		header := map[string]any{"typ": "JWT", "alg": c.name, "z": "<&>é", "a": []any{1, 2.50, nil}}
		payload := map[string]any{"b": 1, "a": map[string]any{"$set": []any{3, 1}}, "c": json.Number("1e2")}
		call(sign, header, payload, key)
		call(sign2, text(header), ` {"a": 1} `, text(key))
		call(sign2, text(map[string]any{"typ": "text/plain", "alg": c.name}), "plain", text(key))
		call(sign, header, payload, map[string]any{"keys": []any{key, map[string]any{"kty": "oct", "k": "AAAA"}}})
	}
	oct := private(secret)
	for _, header := range []string{
		"", "{", "{}", "1", "e", "1-2", "[]", `{"alg":1}`, `{"alg":null}`, `{"alg":""}`, `{"alg":"none"}`, `{"alg":"hs256"}`, `{"alg":"ES256K"}`, `{"alg":"Ed25519"}`,
		`{"alg":"HS256"}`, `{"alg":"HS256","typ":"JWT"}`, `{"alg":"HS256","typ":"x"}`, `{"alg":"HS256","typ":1}`, `{"alg":"RS256"}`, `{"alg":"PS256"}`,
		`{"alg":"ES256"}`, `{"alg":"EdDSA"}`, `{"alg":"HS256"} x`,
	} {
		for _, payload := range []string{"", "x", "{}", "1", "{} x"} {
			call(sign2, header, payload, text(oct))
		}
	}
	for _, key := range []any{
		map[string]any{}, map[string]any{"kty": "x"}, map[string]any{"keys": []any{}}, map[string]any{"kty": "oct"}, map[string]any{"kty": "oct", "k": "!"},
		public(rsa1024.Public()), private(p256), and(private(rsa1024), "qi", "AQAB"), and(private(rsa1024), "d", "AQAB"),
	} {
		call(sign, map[string]any{"alg": "RS256"}, map[string]any{}, key)
		call(sign, map[string]any{"alg": "HS256"}, map[string]any{}, key)
	}
	call(sign, map[string]any{"alg": "HS256", "typ": "JWT"}, 1, oct)
	call(sign, 1, map[string]any{}, oct)
	call(sign2, 1, "", "")
	call(sign2, "", 1, "")
	call(sign2, "", "", 1)
}
