"""The LaTeX commands that formulas may use, as tables: symbol, kind and spacing."""

from __future__ import annotations

_GREEK = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho final sigma tau upsilon "
    "phi chi psi omega"
)
GREEK = {name: chr(0x3B1 + i) for i, name in enumerate(_GREEK.split()) if name != "final"}
GREEK |= {name.capitalize(): chr(0x391 + i) for i, name in enumerate(_GREEK.split()) if name != "final"}
GREEK |= {"varepsilon": "ε", "varphi": "φ", "vartheta": "ϑ", "varsigma": "ς", "epsilon": "ϵ", "phi": "ϕ"}

# Symbols that are names or quantities.
LETTERS = {
    **GREEK,
    "partial": "∂",
    "infty": "∞",
    "nabla": "∇",
    "ell": "ℓ",
    "hbar": "ℏ",
    "emptyset": "∅",
    "top": "⊤",
    "bot": "⊥",
    "prime": "′",
    "dots": "…",
    "ldots": "…",
    "cdots": "⋯",
    "vdots": "⋮",
    "ddots": "⋱",
    "forall": "∀",
    "exists": "∃",
    "lbrace": "{",
    "rbrace": "}",
    "aleph": "ℵ",
    "Re": "ℜ",
    "Im": "ℑ",
    "degree": "°",
    "checkmark": "✓",
}

# Operators between two things, with space around them in both forms.
BINARY = {
    "cdot": "·",
    "odot": "⊙",
    "times": "×",
    "div": "÷",
    "pm": "±",
    "mp": "∓",
    "circ": "∘",
    "otimes": "⊗",
    "oplus": "⊕",
    "ast": "∗",
    "star": "⋆",
    "cup": "∪",
    "cap": "∩",
    "setminus": "∖",
    "wedge": "∧",
    "vee": "∨",
    "land": "∧",
    "lor": "∨",
    "bullet": "∙",
    "mid": "|",
}
RELATIONS = {
    "leftarrow": "←",
    "gets": "←",
    "rightarrow": "→",
    "to": "→",
    "mapsto": "↦",
    "Rightarrow": "⇒",
    "implies": "⇒",
    "Leftarrow": "⇐",
    "iff": "⇔",
    "Leftrightarrow": "⇔",
    "leftrightarrow": "↔",
    "longrightarrow": "⟶",
    "longleftarrow": "⟵",
    "le": "≤",
    "leq": "≤",
    "ge": "≥",
    "geq": "≥",
    "ne": "≠",
    "neq": "≠",
    "approx": "≈",
    "equiv": "≡",
    "sim": "∼",
    "simeq": "≃",
    "cong": "≅",
    "propto": "∝",
    "in": "∈",
    "notin": "∉",
    "ni": "∋",
    "subset": "⊂",
    "subseteq": "⊆",
    "ll": "≪",
    "gg": "≫",
    "lt": "<",
    "gt": ">",
    "coloneqq": "≔",
    "triangleq": "≜",
}
# Operators that carry limits: below and above in a displayed formula.
LARGE = {"sum": "∑", "prod": "∏", "int": "∫", "bigcup": "⋃", "bigcap": "⋂", "oint": "∮"}
FENCES = {
    "{": "{",
    "}": "}",
    "|": "‖",
    "lvert": "|",
    "rvert": "|",
    "vert": "|",
    "Vert": "‖",
    "lVert": "‖",
    "rVert": "‖",
    "langle": "⟨",
    "rangle": "⟩",
    "lfloor": "⌊",
    "rfloor": "⌋",
    "lceil": "⌈",
    "rceil": "⌉",
    "lbrack": "[",
    "rbrack": "]",
}
OPENING, CLOSING = set("([{⟨⌊⌈"), set(")]}⟩⌋⌉")

_FUNCTIONS = (
    "exp log ln lg sin cos tan cot sec csc arcsin arccos arctan sinh cosh tanh coth erf erfc sign sgn det dim rank "
    "trace tr diag softmax sigmoid relu clip round deg gcd hom ker Pr var"
)
FUNCTIONS = {name: name for name in _FUNCTIONS.split()}
LIMITS = {
    "max": "max",
    "min": "min",
    "argmax": "arg max",
    "argmin": "arg min",
    "lim": "lim",
    "sup": "sup",
    "inf": "inf",
}

ACCENTS = {
    "hat": "^",
    "widehat": "^",
    "bar": "¯",
    "overline": "¯",
    "tilde": "~",
    "widetilde": "~",
    "dot": "˙",
    "ddot": "¨",
    "vec": "→",
    "check": "ˇ",
    "underline": "_",
}
COMBINING = {"^": "\u0302", "¯": "\u0304", "~": "\u0303", "˙": "\u0307", "¨": "\u0308", "→": "\u20d7", "ˇ": "\u030c"}
COMBINING |= {"_": "\u0332"}

# Widths of spaces in em, and what a text shows for them.
SPACES = {
    ",": (0.17, " "),
    ":": (0.22, " "),
    ";": (0.28, " "),
    ">": (0.22, " "),
    "!": (0.0, ""),
    " ": (0.28, " "),
    "quad": (1.0, "   "),
    "qquad": (2.0, "     "),
    "enspace": (0.5, "  "),
    "thinspace": (0.17, " "),
}
FONTS = {
    "mathbf": "bold",
    "boldsymbol": "bold",
    "bm": "bold",
    "mathrm": "upright",
    "mathit": "italic",
    "mathsf": "upright",
    "operatorname": "function",
    "mathcal": "script",
    "mathbb": "double",
    "mathtt": "code",
}
TEXTS = {"text": "", "textrm": "", "textit": "italic", "textbf": "bold", "texttt": "code", "mbox": "", "textsf": ""}
ESCAPED = {"%": "%", "_": "_", "#": "#", "$": "$", "&": "&"}
# Commands that say how to set a formula, not what it is.
IGNORED = {"displaystyle", "textstyle", "limits", "nolimits", "big", "Big", "bigl", "bigr", "Bigl", "Bigr", "middle"}
IGNORED |= {"bigg", "Bigg", "biggl", "biggr", "Biggl", "Biggr", "nonumber", "scriptstyle"}
ENVIRONMENTS = {
    "cases": ("{", "", "l"),
    "aligned": ("", "", "rl"),
    "align": ("", "", "rl"),
    "matrix": ("", "", "c"),
    "pmatrix": ("(", ")", "c"),
    "bmatrix": ("[", "]", "c"),
    "vmatrix": ("|", "|", "c"),
    "gathered": ("", "", "c"),
    "align*": ("", "", "rl"),
    "split": ("", "", "rl"),
    "array": ("", "", "c"),
}

DOUBLE = {**dict(zip("CHNPQRZ", "ℂℍℕℙℚℝℤ", strict=True)), "1": "𝟙", "E": "𝔼", "I": "𝕀"}
SCRIPT = {"L": "ℒ", "N": "𝒩", "B": "ℬ", "D": "𝒟", "U": "𝒰", "O": "𝒪", "J": "𝒥", "S": "𝒮", "X": "𝒳", "Y": "𝒴"}

_ABOVE = "0123456789+-=()aeghijklmnoprstuvwxyzTABDEGHIJKLMNOPRUW′"
_RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ᵃᵉᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᵀᴬᴮᴰᴱᴳᴴᴵᴶᴷᴸᴹᴺᴼᴾᴿᵁᵂ′"
SUPERSCRIPTS = {**dict(zip(_ABOVE, _RAISED, strict=True)), "⊤": "ᵀ", "−": "⁻"}
SUBSCRIPTS = dict(zip("0123456789+-=()aehijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ", strict=True))
