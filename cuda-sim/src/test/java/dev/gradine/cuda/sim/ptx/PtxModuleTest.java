package dev.gradine.cuda.sim.ptx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.cuda.sim.ptx.Operand.Address;
import dev.gradine.cuda.sim.ptx.Operand.Immediate;
import dev.gradine.cuda.sim.ptx.Operand.Kind;
import dev.gradine.cuda.sim.ptx.Operand.Label;
import dev.gradine.cuda.sim.ptx.Operand.Not;
import dev.gradine.cuda.sim.ptx.Operand.Pair;
import dev.gradine.cuda.sim.ptx.Operand.Register;
import dev.gradine.cuda.sim.ptx.Operand.Sink;
import dev.gradine.cuda.sim.ptx.Operand.Special;
import dev.gradine.cuda.sim.ptx.Operand.Symbol;
import dev.gradine.cuda.sim.ptx.Operand.Vector;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// A PTX text becomes what it says, and what is unknown is an error with its line.
final class PtxModuleTest {

    private static final String HEAD = ".version 8.0\n.target sm_80\n.address_size 64\n";

    private static final String TEXT = HEAD + """
            // a comment
            .visible .const .align 4 .b8 table[8] = {1, 2, 0xFF};
            .global .align 8 .f32 scale = 0f3F800000;
            .extern .shared .align 16 .b8 dynamic[];
            .visible .entry first(
            .param .u64 first_param_0,
            .param .u32 first_param_1,
            .param .align 8 .b8 first_param_2[24],
            .param .f32 first_param_3
            )
            .maxntid 128, 1, 1
            .minnctapersm 2
            {
            .reg .pred %p<3>;
            .reg .b32 %r<4>;
            .reg .b64 %rd<2>;
            .shared .align 4 .b8 tile[256];
            .loc 1 7 3
            ld.param.u64 %rd1, [first_param_0];
            $L__BB0_1:
            .pragma "nounroll";
            .loc 2 9 1, function_name $L__info_string0, inlined_at 1 8 2
            @!%p1 bra $L__BB0_1;
            setp.lt.s32 %p1|_, %r1, -7;
            { .reg .b32 %r1; mov.b32 %r1, {%r2, %r3}; /* inner */ }
            ld.shared.v2.u32 {%r2, %r3}, [tile+-8];
            mov.u32 %r1, %tid.x;
            ret;
            }
            .file 1 "/somewhere/first.cu"
            .file 2 "inner.cuh", 123, 456
            .section .debug_str
            {
            $L__info_string0:
            .b8 95,90,0
            }
            """;

    private static final PtxModule MODULE = PtxModule.parse("first.ptx", TEXT);
    private static final Entry FIRST = MODULE.entry("first");

    @Test
    void parameters_have_widths_and_offsets() {
        assertThat(FIRST.parameters())
                .containsExactly(
                        new Parameter("first_param_0", PtxType.U64, 8, 0),
                        new Parameter("first_param_1", PtxType.U32, 4, 8),
                        new Parameter("first_param_2", PtxType.B8, 24, 16),
                        new Parameter("first_param_3", PtxType.F32, 4, 40));
        assertThat(FIRST.parameterBytes()).isEqualTo(44);
        assertThat(FIRST.parameters().get(2)).hasToString(".b8 first_param_2[24]");
        assertThat(FIRST.maxThreads()).isEqualTo(128);
    }

    @Test
    void variables_keep_their_content() {
        assertThat(MODULE.version()).isEqualTo("8.0");
        assertThat(MODULE.target()).isEqualTo("sm_80");
        assertThat(MODULE.variables())
                .extracting(Variable::toString)
                .containsExactly("CONST table[8]", "GLOBAL scale[4]", "SHARED dynamic[0]");
        assertThat(MODULE.variables().get(0).initial()).containsExactly(1, 2, -1);
        assertThat(MODULE.variables().get(1).initial()).containsExactly(0, 0, 0x80, 0x3f);
        assertThat(FIRST.variables()).extracting(Variable::toString).containsExactly("SHARED tile[256]");
    }

    @Test
    void instructions_know_their_line_and_that_of_the_source() {
        assertThat(FIRST.instructions())
                .extracting(i -> i.place().toString())
                .startsWith("PTX line 22 (first.cu:7)", "PTX line 26 (inner.cuh:9)");
        assertThat(FIRST.instructions().get(1).text()).isEqualTo("bra $L__BB0_1");
    }

    @Test
    void operands_are_resolved() {
        List<Instruction> text = FIRST.instructions();
        assertThat(text.get(0).operands()).containsExactly(rd(1), new Address(new Symbol("first_param_0"), 0));
        assertThat(text.get(1).guard()).containsExactly(new Not(new Register("%p1", 1)));
        assertThat(text.get(1).operands()).containsExactly(new Label("$L__BB0_1", 1));
        assertThat(text.get(2).operands())
                .containsExactly(new Pair(new Register("%p1", 1), new Sink()), r(1), new Immediate(-7, Kind.INTEGER));
        assertThat(text.get(4).operands())
                .containsExactly(new Vector(List.of(r(2), r(3))), new Address(new Symbol("tile"), -8));
        assertThat(text.get(4).name()).isEqualTo("ld.shared.v2.u32");
        assertThat(text.get(5).operands()).containsExactly(r(1), new Special("%tid.x"));
    }

    @Test
    void operands_read_as_they_were_written() {
        assertThat(FIRST.instructions())
                .extracting(i -> i.operands().toString())
                .containsExactly(
                        "[%rd1, [first_param_0]]",
                        "[$L__BB0_1]",
                        "[%p1|_, %r1, -7]",
                        "[%r1, {%r2, %r3}]",
                        "[{%r2, %r3}, [tile+-8]]",
                        "[%r1, %tid.x]",
                        "[]");
        assertThat(FIRST.instructions().get(1).guard()).hasToString("[!%p1]");
    }

    @Test
    void an_inner_scope_has_registers_of_its_own() {
        List<Operand> inner = FIRST.instructions().get(3).operands();
        assertThat(inner.getFirst()).isEqualTo(new Register("%r1", 9));
        assertThat(FIRST.registers().get(9)).isEqualTo(new Entry.Declared("%r1", PtxType.B32));
        assertThat(inner.get(1)).isEqualTo(new Vector(List.of(r(2), r(3))));
    }

    private static Register r(int i) {
        return new Register("%r" + i, 3 + i);
    }

    private static Register rd(int i) {
        return new Register("%rd" + i, 7 + i);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            mov.u32 %r9, 1;                    | line 7: '%r9' is not declared
            bra NOWHERE;                       | line 7: label NOWHERE is not there
            .reg .b31 %x;                      | line 7: '.b31', expected a type
            .reg .b32 %x<-1>;                  | line 7: number of registers %x is -1, expected 0 to 131072
            .reg .b32 %x<999999>;              | line 7: number of registers %x is 999999, expected 0 to 131072
            .reg .b32 %r;                      | line 7: %r is declared twice
            .shared .b8 s[99999999];           | line 7: length of s is 99999999, expected 0 to 16777216
            .shared .b8 s[];                   | line 7: s has no length, expected one (only .extern may leave it out)
            .shared .align 3 .b8 s[4];         | line 7: alignment is 3, expected a power of two
            mov.u32 %r, 0x11112222333344445;   | line 7: '0x11112222333344445', expected a number of at most 64 bits
            mov.u32 %r %r;                     | line 7: '%r', expected ','
            .call foo;                         | line 7: '.call', expected an instruction
            ld.global.u32 %r, [%r;             | line 7: ';', expected ']'
            L: L: ret;                         | line 7: L is there twice
            """)
    void what_is_wrong_is_named_with_its_line(String line, String message) {
        String text = HEAD + ".entry k()\n{\n.reg .b32 %r;\n" + line + "\n}\n";
        assertThatThrownBy(() -> PtxModule.parse("k.ptx", text))
                .isInstanceOf(PtxException.class)
                .hasMessage("k.ptx: " + message);
    }

    @Test
    void what_ends_too_early_or_has_no_head_is_refused() {
        assertThatThrownBy(() -> PtxModule.parse("k.ptx", HEAD + ".entry k()\n{\nret;\n"))
                .hasMessage("k.ptx: line 7: the text ends in the middle of something");
        assertThatThrownBy(() -> PtxModule.parse("k.ptx", HEAD + "/* open"))
                .hasMessage("k.ptx: line 4: the text ends, expected */");
        assertThatThrownBy(() -> PtxModule.parse("k.ptx", "")).hasMessageContaining("no .version");
        assertThatThrownBy(() -> PtxModule.parse("k.ptx", HEAD + ".func f() { ret; }"))
                .hasMessage("k.ptx: line 4: '.func', expected .entry, .global, .const, .shared, .file or .section");
        assertThatThrownBy(() -> PtxModule.parse("k.ptx", HEAD.replace("64", "32")))
                .hasMessage("k.ptx: line 4: .address_size is 32, expected 64");
        assertThatThrownBy(() -> MODULE.entry("second"))
                .hasMessage("first.ptx: kernel is second, expected one of first");
    }

    @Test
    void parameters_may_not_be_larger_than_the_language_allows() {
        String text = HEAD + ".entry k(.param .align 8 .b8 p[4000], .param .align 8 .b8 q[4000])\n{\nret;\n}\n";
        assertThatThrownBy(() -> PtxModule.parse("k.ptx", text))
                .hasMessageContaining("parameters have 8000 bytes, expected <= 4352");
    }

    private static int live(String body) {
        String text = HEAD + """
                .entry k(.param .u64 p)
                {
                .reg .pred %p<2>;
                .reg .b32 %r<8>;
                .reg .b64 %q<4>;
                """ + body + "\n}\n";
        return PtxModule.parse("k.ptx", text).entry("k").liveRegisters();
    }

    @Test
    void registers_are_counted_while_their_value_is_wanted() {
        assertThat(live("mov.b32 %r0, 1; mov.b32 %r1, 2; ret;")).isZero();
        assertThat(live("ld.param.u64 %q0, [p]; mov.b32 %r0, 1; st.global.u32 [%q0], %r0; ret;"))
                .isEqualTo(3);
        String reused =
                "ld.param.u64 %q0, [p]; add.s64 %q0, %q0, 4; add.s64 %q1, %q0, 4; st.global.u64 [%q1], %q1; ret;";
        assertThat(live(reused)).isEqualTo(2);
    }

    @Test
    void a_loop_keeps_what_it_will_read_again() {
        String loop = """
                mov.b32 %r0, 1;
                mov.b32 %r1, 0;
                ld.param.u64 %q0, [p];
                LOOP:
                add.s32 %r1, %r1, %r0;
                setp.lt.s32 %p0, %r1, 9;
                @%p0 bra LOOP;
                st.global.u32 [%q0], %r1;
                ret;
                """;
        assertThat(live(loop)).isEqualTo(4);
        assertThat(live(loop.replace("@%p0 bra LOOP;", ""))).isEqualTo(4);
        assertThat(live(loop.replace("add.s32 %r1, %r1, %r0;", "@%p1 mov.b32 %r1, 3;")
                        .replace("mov.b32 %r1, 0;", "")))
                .isEqualTo(3);
    }
}
