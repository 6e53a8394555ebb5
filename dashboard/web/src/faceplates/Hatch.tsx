/** The one pattern of all drawings for what is not known. Stands once in the document. */
export function Hatch() {
  return (
    <svg className="hatch" aria-hidden="true" width="0" height="0">
      <defs>
        <pattern id="face-hatch" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
          <path className="f-hatch-line" d="M0 0v7" />
        </pattern>
      </defs>
    </svg>
  );
}
