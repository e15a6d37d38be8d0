package dev.gantry.controlplane.resource.patch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gantry.controlplane.resource.ApiException;
import dev.gantry.controlplane.resource.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

final class StrategicMergePatchTest {
    private static JsonNode json(String text) {
        try {
            return Json.read(text.replace('\'', '"').getBytes(StandardCharsets.UTF_8), true);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static void check(String object, String patch, String expected) {
        ObjectNode target = (ObjectNode) json(object);
        JsonNode before = target.deepCopy();
        assertThat(PatchFormat.STRATEGIC.apply(target, json(patch))).isEqualTo(json(expected));
        assertThat(target).as("the input").isEqualTo(before);
    }

    @Test
    void mergesListsByKeyAndReplacesOthers() {
        check(
                "{'spec':{'containers':[{'name':'a','image':'1','args':['x','y']},{'name':'b','image':'1'}]}}",
                "{'spec':{'containers':[{'name':'b','image':'2'},{'name':'c','image':'3'},{'name':'a','args':['z']}]}}",
                "{'spec':{'containers':[{'name':'a','image':'1','args':['z']},{'name':'b','image':'2'},{'name':'c','image':'3'}]}}");
        check(
                "{'spec':{'tolerations':[{'key':'a'}],'x':1}}",
                "{'spec':{'tolerations':[{'key':'b'}],'x':null}}",
                "{'spec':{'tolerations':[{'key':'b'}]}}");
        check(
                "{'spec':{'ports':[{'port':80,'nodePort':30001},{'port':81}]}}",
                "{'spec':{'ports':[{'port':80,'targetPort':8080}]}}",
                "{'spec':{'ports':[{'port':80,'nodePort':30001,'targetPort':8080},{'port':81}]}}");
    }

    @Test
    void deletesAndReplacesByDirective() {
        check(
                "{'spec':{'containers':[{'name':'a','env':[{'name':'X','value':'1'},{'name':'Y','value':'2'}]}]}}",
                "{'spec':{'containers':[{'name':'a','env':[{'name':'X','$patch':'delete'}]}]}}",
                "{'spec':{'containers':[{'name':'a','env':[{'name':'Y','value':'2'}]}]}}");
        check(
                "{'spec':{'volumes':[{'name':'a'},{'name':'b'}]}}",
                "{'spec':{'volumes':[{'$patch':'replace'},{'name':'c'}]}}",
                "{'spec':{'volumes':[{'name':'c'}]}}");
        check(
                "{'spec':{'selector':{'a':'1','b':'2'}}}",
                "{'spec':{'selector':{'$patch':'replace','c':'3'}}}",
                "{'spec':{'selector':{'c':'3'}}}");
        check("{'spec':{'a':{'b':1},'c':2}}", "{'spec':{'a':{'$patch':'delete'}}}", "{'spec':{'c':2}}");
    }

    @Test
    void retainsTheKeysNamed() {
        check(
                "{'spec':{'strategy':{'type':'RollingUpdate','rollingUpdate':{'maxSurge':1}}}}",
                "{'spec':{'strategy':{'$retainKeys':['type'],'type':'Recreate'}}}",
                "{'spec':{'strategy':{'type':'Recreate'}}}");
    }

    @Test
    void ordersAsAskedAndKeepsWhatOnlyTheServerKnows() {
        check(
                "{'spec':{'containers':[{'name':'a'},{'name':'server'},{'name':'b'}]}}",
                "{'spec':{'$setElementOrder/containers':[{'name':'b'},{'name':'a'}],'containers':[{'name':'a','image':'1'}]}}",
                "{'spec':{'containers':[{'name':'b'},{'name':'a','image':'1'},{'name':'server'}]}}");
    }

    @Test
    void editsSetsOfPlainValues() {
        check(
                "{'metadata':{'finalizers':['a/1','b/2']}}",
                "{'metadata':{'$deleteFromPrimitiveList/finalizers':['a/1'],'finalizers':['c/3','b/2']}}",
                "{'metadata':{'finalizers':['b/2','c/3']}}");
    }

    @Test
    void refusesWhatCannotBeMerged() {
        for (String patch : new String[] {
            "{'spec':{'containers':[{'image':'1'}]}}", "{'spec':{'$patch':'sideways'}}", "{'spec':{'containers':['x']}}"
        }) {
            assertThatThrownBy(() -> PatchFormat.STRATEGIC.apply((ObjectNode) json("{'spec':{}}"), json(patch)))
                    .isInstanceOfSatisfying(
                            ApiException.class, e -> assertThat(e.code()).isEqualTo(400));
        }
    }

    @Test
    void appliesTheExamplesOfTheStandards() {
        // RFC 7396, section 3
        assertThat(PatchFormat.MERGE.apply(
                        (ObjectNode)
                                json(
                                        "{'title':'Goodbye!','author':{'givenName':'John','familyName':'Doe'},'tags':['a','b'],'content':'x'}"),
                        json("{'title':'Hello!','phoneNumber':'+01','author':{'familyName':null},'tags':['a']}")))
                .isEqualTo(
                        json(
                                "{'title':'Hello!','author':{'givenName':'John'},'tags':['a'],'content':'x','phoneNumber':'+01'}"));
        // RFC 6902, appendix A
        assertThat(PatchFormat.JSON.apply(
                        (ObjectNode) json("{'foo':['all','grass','cows','eat'],'baz':{'qux':'x'},'~1':1}"), json("""
                                [{'op':'move','from':'/foo/1','path':'/foo/3'},{'op':'add','path':'/foo/-','value':{'a':[1]}},
                                 {'op':'copy','from':'/baz','path':'/copied'},{'op':'remove','path':'/baz/qux'},
                                 {'op':'test','path':'/~01','value':1.0}]""")))
                .isEqualTo(json("{'foo':['all','cows','eat','grass',{'a':[1]}],'baz':{},'~1':1,'copied':{'qux':'x'}}"));
        for (String patch : new String[] {
            "[{'op':'remove','path':'/x'}]",
            "[{'op':'add','path':'/a/b','value':1}]",
            "[{'op':'add','path':'/l/9','value':1}]"
        }) {
            assertThatThrownBy(() -> PatchFormat.JSON.apply((ObjectNode) json("{'l':[]}"), json(patch)))
                    .isInstanceOfSatisfying(
                            ApiException.class, e -> assertThat(e.code()).isEqualTo(422));
        }
    }
}
