//! Where things stand.
#![expect(clippy::unwrap_used, reason = "a test may fail")]

use sekisho_manifest::{Document, ReadOptions, read};
use sekisho_value::Pointer;

fn documents(text: &str) -> Vec<Document> {
    let read = read("test.yaml", text.as_bytes(), &ReadOptions::default());
    assert!(read.errors.is_empty(), "{:?}", read.errors);
    read.documents
}

/// The place of a pointer as `line:column+len`.
fn place(document: &Document, pointer: &str) -> String {
    let place = document.locate(&Pointer::parse(pointer).unwrap());
    format!("{}:{}+{}", place.line, place.column, place.len)
}

const POD: &str = r#"# a comment
apiVersion: v1
kind: Pod
metadata:
  name: web
  labels: {app: "web", 'tier': x}
spec:
  hostPID: true
  "hostNetwork": false
  containers:
  - name: a
    image: nginx
    securityContext:
      privileged: true
  -   image: b
      name: b
  volumes: [{name: v}, {name: "ẅ", emptyDir: {}}]
  args:
    - |
      text
    - "x"
    -
    - plain text # comment
  "schlüssel": {ключ: 1, b: 2}
"#;

#[test]
fn keys_items_and_parents() {
    let documents = documents(POD);
    let [document] = documents.as_slice() else { panic!("one document") };
    for (pointer, want) in [
        ("", "2:1+10"),
        ("/apiVersion", "2:1+10"),
        ("/spec/hostPID", "8:3+7"),
        ("/spec/hostNetwork", "9:3+13"),
        ("/metadata/labels/app", "6:12+3"),
        ("/metadata/labels/tier", "6:24+6"),
        ("/spec/containers", "10:3+10"),
        ("/spec/containers/0", "11:5+4"),
        ("/spec/containers/0/image", "12:5+5"),
        ("/spec/containers/0/securityContext/privileged", "14:7+10"),
        ("/spec/containers/1", "15:7+5"),
        ("/spec/containers/1/name", "16:7+4"),
        ("/spec/volumes/0", "17:13+1"),
        ("/spec/volumes/1/name", "17:25+4"),
        ("/spec/volumes/1/emptyDir", "17:36+8"),
        ("/spec/args/0", "19:7+1"),
        ("/spec/args/1", "21:7+3"),
        ("/spec/args/2", "22:5+1"),
        ("/spec/args/3", "23:7+10"),
        ("/spec/schlüssel/ключ", "24:17+4"),
        ("/spec/schlüssel/b", "24:26+1"),
        // Absent: the nearest parent that is there.
        ("/spec/hostIPC", "7:1+4"),
        ("/spec/containers/0/securityContext/runAsNonRoot", "13:5+15"),
        ("/spec/containers/7/image", "10:3+10"),
        ("/spec/containers/x", "10:3+10"),
        ("/nothing/at/all", "2:1+10"),
        ("/spec/hostPID/below", "8:3+7"),
    ] {
        assert_eq!(place(document, pointer), want, "{pointer}");
    }
    let exact = |pointer: &str| document.locate_exact(&Pointer::parse(pointer).unwrap());
    assert!(exact("/spec/hostPID").is_some() && exact("").is_some());
    assert!(exact("/spec/hostIPC").is_none() && exact("/spec/containers/7").is_none());
    assert_eq!(document.source().line(8), Some("  hostPID: true"));
    assert_eq!(document.source().line(25), None);
    assert_eq!(&*document.source().name, "test.yaml");
}

#[test]
fn items_of_lists_have_pointers_of_their_own() {
    let text = "\
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Pod
  metadata: {name: a}
- kind: Service
  spec:
    ports: []
  apiVersion: v1
";
    let documents = documents(text);
    let kinds: Vec<_> = documents.iter().map(Document::kind).collect();
    assert_eq!(kinds, ["Pod", "Service"]);
    let [first, second] = documents.as_slice() else { panic!("two documents") };
    assert_eq!(first.name(), Some("a"));
    assert_eq!(place(first, ""), "4:3+10");
    assert_eq!(place(first, "/metadata/name"), "6:14+4");
    assert_eq!(place(second, ""), "7:3+4");
    assert_eq!(place(second, "/spec/ports"), "9:5+5");
    assert_eq!(place(second, "/metadata"), "7:3+4");
}

#[test]
fn anchors_and_merges_lead_to_what_is_written() {
    let text = "\
apiVersion: v1
kind: Pod
base: &base
  privileged: true
  list: [1, 2]
spec:
  again: *base
  merged:
    <<: *base
    own: 1
";
    let documents = documents(text);
    let [document] = documents.as_slice() else { panic!("one document") };
    assert_eq!(place(document, "/spec/again"), "7:3+5");
    assert_eq!(place(document, "/spec/again/privileged"), "4:3+10");
    assert_eq!(place(document, "/spec/again/list/1"), "5:13+1");
    assert_eq!(place(document, "/spec/merged/privileged"), "4:3+10");
    assert_eq!(place(document, "/spec/merged/own"), "10:5+3");
}

#[test]
fn json_and_line_ends() {
    let text = "{\r\n  \"apiVersion\": \"v1\",\r\n  \"kind\": \"Pod\",\r\n  \"spec\": {\"a\": [{\"é\": 1}, 2]}\r\n}\r\n";
    let documents = documents(text);
    let [document] = documents.as_slice() else { panic!("one document") };
    assert_eq!(place(document, ""), "2:3+12");
    assert_eq!(place(document, "/spec/a"), "4:12+3");
    assert_eq!(place(document, "/spec/a/0"), "4:18+1");
    assert_eq!(place(document, "/spec/a/0/é"), "4:19+3");
    assert_eq!(place(document, "/spec/a/1"), "4:28+1");
    assert_eq!(document.source().line(3), Some("  \"kind\": \"Pod\","));

    for text in
        ["\u{feff}apiVersion: v1\rkind: Pod\rspec: x\r", "apiVersion: v1\nkind: Pod\nspec: x"]
    {
        let documents = self::documents(text);
        let [document] = documents.as_slice() else { panic!("one document") };
        assert_eq!(place(document, "/apiVersion"), "1:1+10", "{text:?}");
        assert_eq!(place(document, "/spec"), "3:1+4", "{text:?}");
        assert_eq!(document.source().line(3), Some("spec: x"));
        assert_eq!(document.source().line(4), None);
    }
}

#[test]
fn places_stay_when_the_value_changes() {
    let mut documents = documents("apiVersion: v1\nkind: Pod\nzone: 1\n");
    let document = documents.first_mut().unwrap();
    document.value.as_object_mut().unwrap().insert("metadata", "new");
    assert_eq!(place(document, "/zone"), "3:1+4");
    assert_eq!(place(document, "/metadata"), "1:1+10");
}
